/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include <gsasl.h>

#include "net/memory.h"
#include "net/sasl.h"
#include "net/sasl_internal.h"
#include "net/sasl_oauth.h"

struct sasl_client {
    Gsasl *library;
    Gsasl_session *session;
    enum sasl_oauth oauth;
    char *message; /* of OAuth, until it was sent */
    bool is_first;
    bool sent;
    char *out;
    size_t out_len;
    const char *error;
};

/* Best first. */
static const struct {
    const char *name;
    bool client_first;
    bool plain;   /* shows the password to who listens */
    bool token;   /* wants a token, not a password */
    bool binding; /* wants a TLS channel binding */
} mechanisms[] = {
    {"SCRAM-SHA-256-PLUS", true, false, false, true},
    {"SCRAM-SHA-1-PLUS", true, false, false, true},
    {"SCRAM-SHA-256", true, false, false, false},
    {"SCRAM-SHA-1", true, false, false, false},
    {"OAUTHBEARER", true, true, true, false},
    {"XOAUTH2", true, true, true, false},
    {"CRAM-MD5", false, false, false, false},
    {"PLAIN", true, true, false, false},
    {"LOGIN", false, true, false, false},
    {"EXTERNAL", true, false, false, false},
};
enum { MECHANISM_COUNT = sizeof mechanisms / sizeof mechanisms[0] };

static size_t find(const char *name)
{
    size_t i = 0;
    while (i < MECHANISM_COUNT && !span_is(span_text(name), mechanisms[i].name)) {
        i++;
    }
    return i;
}

bool sasl_client_knows(const char *mechanism)
{
    return find(mechanism) < MECHANISM_COUNT;
}

static bool is_offered(const char *offered, const char *name)
{
    struct span rest = span_text(offered);
    while (rest.len != 0) {
        size_t len = 0;
        while (len < rest.len && rest.ptr[len] != ' ') {
            len++;
        }
        if (span_is(span_sub(rest, 0, len), name)) {
            return true;
        }
        rest = span_from(rest, len + 1);
    }
    return false;
}

const char *sasl_choose(const char *offered, const struct sasl_credentials *credentials,
                        bool plain_allowed)
{
    uint8_t binding[64];
    for (size_t i = 0; i < MECHANISM_COUNT; i++) {
        bool external = span_is(span_text(mechanisms[i].name), "EXTERNAL");
        bool fits = mechanisms[i].token ? credentials->token != NULL
                                        : external || credentials->password != NULL;
        if (mechanisms[i].binding) {
            fits = fits && credentials->tls != NULL &&
                   tls_exporter(credentials->tls, binding, sizeof binding) != 0;
        }
        if (fits && (plain_allowed || !mechanisms[i].plain) &&
            is_offered(offered, mechanisms[i].name)) {
            return mechanisms[i].name;
        }
    }
    return NULL;
}

void sasl_bind_channel(Gsasl_session *session, const struct tls *tls)
{
    uint8_t binding[64];
    char *text = NULL;
    size_t len = tls == NULL ? 0 : tls_exporter(tls, binding, sizeof binding);
    if (len != 0 && gsasl_base64_to((const char *)binding, len, &text, NULL) == GSASL_OK) {
        (void)gsasl_property_set(session, GSASL_CB_TLS_EXPORTER, text);
        gsasl_free(text);
        text = NULL;
    }
    len = tls == NULL ? 0 : tls_unique(tls, binding, sizeof binding);
    if (len != 0 && gsasl_base64_to((const char *)binding, len, &text, NULL) == GSASL_OK) {
        (void)gsasl_property_set(session, GSASL_CB_TLS_UNIQUE, text);
        gsasl_free(text);
    }
}

void sasl_wipe_property(Gsasl_session *session, Gsasl_property property)
{
    const char *text = gsasl_property_fast(session, property);
    if (text != NULL) {
        memory_wipe((void *)(uintptr_t)text, strlen(text));
    }
}

static void set(Gsasl_session *session, Gsasl_property property, const char *value)
{
    if (value != NULL) {
        (void)gsasl_property_set(session, property, value);
    }
}

struct sasl_client *sasl_client_new(const char *mechanism,
                                    const struct sasl_credentials *credentials)
{
    size_t i = find(mechanism);
    if (i == MECHANISM_COUNT) {
        return NULL;
    }
    struct sasl_client *client = memory_zero(1, sizeof *client);
    client->is_first = mechanisms[i].client_first;
    client->oauth = sasl_oauth_mechanism(mechanism);
    if (client->oauth != SASL_OAUTH_NOT) {
        client->message = sasl_oauth_message(client->oauth, credentials);
        return client;
    }
    if (gsasl_init(&client->library) != GSASL_OK ||
        gsasl_client_start(client->library, mechanisms[i].name, &client->session) != GSASL_OK) {
        sasl_client_free(&client);
        return NULL;
    }
    set(client->session, GSASL_AUTHID, credentials->user);
    set(client->session, GSASL_PASSWORD, credentials->password);
    set(client->session, GSASL_AUTHZID, credentials->authzid);
    set(client->session, GSASL_SERVICE, credentials->service);
    set(client->session, GSASL_HOSTNAME, credentials->host);
    if (span_is(span_text(mechanisms[i].name), "EXTERNAL")) {
        set(client->session, GSASL_AUTHZID,
            credentials->authzid == NULL ? "" : credentials->authzid);
    }
    if (mechanisms[i].binding) {
        sasl_bind_channel(client->session, credentials->tls);
    }
    return client;
}

static void forget_out(struct sasl_client *client)
{
    if (client->out != NULL) {
        memory_wipe(client->out, client->out_len);
        gsasl_free(client->out);
        client->out = NULL;
        client->out_len = 0;
    }
}

void sasl_client_free(struct sasl_client **client)
{
    struct sasl_client *c = *client;
    *client = NULL;
    if (c == NULL) {
        return;
    }
    forget_out(c);
    if (c->session != NULL) {
        sasl_wipe_property(c->session, GSASL_PASSWORD);
        gsasl_finish(c->session);
    }
    if (c->library != NULL) {
        gsasl_done(c->library);
    }
    if (c->message != NULL) {
        memory_wipe(c->message, strlen(c->message));
    }
    memory_free(c->message);
    memory_free(c);
}

bool sasl_client_is_first(const struct sasl_client *client)
{
    return client->is_first;
}

static enum sasl_rc oauth_step(struct sasl_client *client, struct span in, struct span *out)
{
    if (!client->sent) {
        client->sent = true;
        *out = span_text(client->message);
        return SASL_OK;
    }
    /* A challenge tells of a failure; the client has to answer it before the server says so. */
    client->error = "the server refused the token";
    (void)in;
    *out = client->oauth == SASL_OAUTH_BEARER ? SPAN_LIT("\001") : (struct span){0};
    return SASL_MORE;
}

enum sasl_rc sasl_client_step(struct sasl_client *client, struct span in, struct span *out)
{
    *out = (struct span){0};
    if (client->oauth != SASL_OAUTH_NOT) {
        return oauth_step(client, in, out);
    }
    forget_out(client);
    int rc = gsasl_step(client->session, in.len == 0 ? NULL : (const char *)in.ptr, in.len,
                        &client->out, &client->out_len);
    if (rc != GSASL_OK && rc != GSASL_NEEDS_MORE) {
        client->error = gsasl_strerror(rc);
        return SASL_FAILED;
    }
    *out = (struct span){(const uint8_t *)client->out, client->out_len};
    return rc == GSASL_OK ? SASL_OK : SASL_MORE;
}

const char *sasl_client_error(const struct sasl_client *client)
{
    return client->error == NULL ? "" : client->error;
}
