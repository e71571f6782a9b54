/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include <gsasl.h>

#include "net/memory.h"
#include "net/sasl.h"
#include "net/sasl_internal.h"
#include "net/sasl_oauth.h"

struct sasl_server {
    struct sasl_server_config config;
    Gsasl *library;
    Gsasl_session *session;
    enum sasl_oauth oauth;
    bool login;
    bool cram;
    bool started;
    bool refused; /* OAuth: the failure was told, the client has to confirm it */
    char *user;
    char *out;
    const char *error;
};

static const char *password_of(struct sasl_server *server, const char *user)
{
    return user == NULL ? NULL : server->config.password(server->config.context, user);
}

/* Compares without telling by its time where the texts differ. */
static bool is_same(const char *a, const char *b)
{
    size_t len = strlen(a);
    if (len != strlen(b)) {
        return false;
    }
    unsigned difference = 0;
    for (size_t i = 0; i < len; i++) {
        difference |= (unsigned)((uint8_t)a[i] ^ (uint8_t)b[i]);
    }
    return difference == 0;
}

/* A user may act as itself only. */
static bool may_act(const char *user, const char *authzid)
{
    return authzid == NULL || authzid[0] == '\0' || strcmp(user, authzid) == 0;
}

static int validate_simple(struct sasl_server *server, Gsasl_session *session)
{
    const char *user = gsasl_property_fast(session, GSASL_AUTHID);
    const char *given = gsasl_property_fast(session, GSASL_PASSWORD);
    const char *known = password_of(server, user);
    bool ok = known != NULL && given != NULL && is_same(known, given) &&
              may_act(user, gsasl_property_fast(session, GSASL_AUTHZID));
    return ok ? GSASL_OK : GSASL_AUTHENTICATION_ERROR;
}

static int validate_external(struct sasl_server *server, Gsasl_session *session)
{
    const char *user = server->config.external;
    if (user == NULL || !may_act(user, gsasl_property_fast(session, GSASL_AUTHZID))) {
        return GSASL_AUTHENTICATION_ERROR;
    }
    (void)gsasl_property_set(session, GSASL_AUTHID, user);
    return GSASL_OK;
}

static int ask(Gsasl *library, Gsasl_session *session, Gsasl_property property)
{
    (void)library;
    struct sasl_server *server = gsasl_session_hook_get(session);
    if (property == GSASL_VALIDATE_SIMPLE) {
        return validate_simple(server, session);
    }
    if (property == GSASL_VALIDATE_EXTERNAL) {
        return validate_external(server, session);
    }
    if (property == GSASL_PASSWORD) {
        const char *user = gsasl_property_fast(session, GSASL_AUTHID);
        const char *known = password_of(server, user);
        if (known == NULL || !may_act(user, gsasl_property_fast(session, GSASL_AUTHZID))) {
            return GSASL_AUTHENTICATION_ERROR;
        }
        return gsasl_property_set(session, GSASL_PASSWORD, known);
    }
    return GSASL_NO_CALLBACK;
}

const char *sasl_server_mechanisms(bool secure)
{
    return secure ? "SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 OAUTHBEARER XOAUTH2 PLAIN LOGIN"
                  : "SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5";
}

struct sasl_server *sasl_server_new(const char *mechanism, const struct sasl_server_config *config)
{
    static const char *const known[] = {
        "SCRAM-SHA-256", "SCRAM-SHA-1",        "CRAM-MD5",         "PLAIN",       "LOGIN",
        "EXTERNAL",      "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "OAUTHBEARER", "XOAUTH2"};
    enum { COUNT = sizeof known / sizeof known[0] };
    size_t i = 0;
    while (i < COUNT && !span_is(span_text(mechanism), known[i])) {
        i++;
    }
    if (i == COUNT) {
        return NULL;
    }
    struct sasl_server *server = memory_zero(1, sizeof *server);
    server->config = *config;
    server->oauth = sasl_oauth_mechanism(mechanism);
    server->login = span_is(span_text(mechanism), "LOGIN");
    server->cram = span_is(span_text(mechanism), "CRAM-MD5");
    if (server->oauth != SASL_OAUTH_NOT) {
        return server;
    }
    if (gsasl_init(&server->library) != GSASL_OK ||
        gsasl_server_start(server->library, known[i], &server->session) != GSASL_OK) {
        sasl_server_free(&server);
        return NULL;
    }
    gsasl_callback_set(server->library, ask);
    gsasl_session_hook_set(server->session, server);
    (void)gsasl_property_set(server->session, GSASL_SERVICE, config->service);
    (void)gsasl_property_set(server->session, GSASL_HOSTNAME, config->host);
    if (i == 6 || i == 7) {
        sasl_bind_channel(server->session, config->tls);
    }
    return server;
}

void sasl_server_free(struct sasl_server **server)
{
    struct sasl_server *s = *server;
    *server = NULL;
    if (s == NULL) {
        return;
    }
    gsasl_free(s->out);
    if (s->session != NULL) {
        sasl_wipe_property(s->session, GSASL_PASSWORD);
        gsasl_finish(s->session);
    }
    if (s->library != NULL) {
        gsasl_done(s->library);
    }
    memory_free(s->user);
    memory_free(s);
}

static enum sasl_rc oauth_step(struct sasl_server *server, struct span in, struct span *out)
{
    char *user = NULL;
    char *token = NULL;
    if (server->refused) {
        server->error = "the token is not valid";
        return SASL_FAILED;
    }
    if (!sasl_oauth_read(server->oauth, in, &user, &token)) {
        server->error = "the message is malformed";
        return SASL_FAILED;
    }
    const char *known = password_of(server, user);
    bool ok = known != NULL && is_same(known, token);
    memory_wipe(token, strlen(token));
    memory_free(token);
    if (ok) {
        server->user = user;
        return SASL_OK;
    }
    memory_free(user);
    server->refused = true;
    *out = SPAN_LIT("{\"status\":\"invalid_token\"}");
    return SASL_MORE;
}

/* libgsasl tells no octets (NULL) from an empty message. */
static int gsasl_once(struct sasl_server *server, bool has_in, struct span in, size_t *len)
{
    const char *message = in.len == 0 ? "" : (const char *)in.ptr;
    gsasl_free(server->out);
    server->out = NULL;
    return gsasl_step(server->session, has_in ? message : NULL, in.len, &server->out, len);
}

enum sasl_rc sasl_server_step(struct sasl_server *server, bool has_in, struct span in,
                              struct span *out)
{
    *out = (struct span){0};
    bool first = !server->started;
    server->started = true;
    if (server->oauth != SASL_OAUTH_NOT) {
        return first && !has_in ? SASL_MORE : oauth_step(server, in, out);
    }
    if (first && has_in && server->cram) {
        server->error = "the mechanism has no initial response";
        return SASL_FAILED;
    }
    size_t len = 0;
    int rc = GSASL_NEEDS_MORE;
    if (first && has_in && server->login) {
        /* The prompt for the name was answered before it was asked. */
        rc = gsasl_once(server, false, (struct span){0}, &len);
    }
    if (rc == GSASL_NEEDS_MORE) {
        rc = gsasl_once(server, has_in, in, &len);
    }
    if (rc != GSASL_OK && rc != GSASL_NEEDS_MORE) {
        server->error = gsasl_strerror(rc);
        return SASL_FAILED;
    }
    if (rc == GSASL_NEEDS_MORE && has_in && in.len == 0 && len == 0) {
        /* libgsasl waits for the client's first message, which this was. */
        server->error = "the message is empty";
        return SASL_FAILED;
    }
    *out = (struct span){(const uint8_t *)server->out, len};
    if (rc == GSASL_OK) {
        const char *user = gsasl_property_fast(server->session, GSASL_AUTHID);
        memory_free(server->user);
        server->user = memory_text(span_text(user));
    }
    return rc == GSASL_OK ? SASL_OK : SASL_MORE;
}

const char *sasl_server_user(const struct sasl_server *server)
{
    return server->user == NULL ? "" : server->user;
}

const char *sasl_server_error(const struct sasl_server *server)
{
    return server->error == NULL ? "" : server->error;
}
