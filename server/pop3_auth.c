/* SPDX-License-Identifier: MIT */
/* POP3's AUTHORIZATION state: USER and PASS, AUTH (RFC 5034), STLS, UTF8; CAPA; the lock. */
#include "net/memory.h"
#include "net/tls_md5.h"
#include "server/pop3.h"

static void capability(struct pop3_service *pop3, const char *name, const char *rest)
{
    if (service_shows(&pop3->service, name)) {
        service_print(&pop3->service, "%s%s%s\r\n", name, rest[0] == '\0' ? "" : " ", rest);
    }
}

void pop3_announce(struct pop3_service *pop3)
{
    const struct service *service = &pop3->service;
    const struct service_config *config = service->config;
    bool secure = service->tls || !config->secure_only;
    bool authorization = pop3->phase == POP3_PHASE_AUTHORIZATION;
    pop3_ok(pop3, "Capabilities follow");
    if (secure) {
        capability(pop3, "USER", "");
    }
    capability(pop3, "SASL",
               service_has_fault(service, FAULT_POP3_CAPA_MECHANISM) ? "plain"
                                                                     : service_mechanisms(service));
    capability(pop3, "TOP", "");
    if (authorization || !service_has_fault(service, FAULT_POP3_CAPA_FORGETS)) {
        capability(pop3, "UIDL", "");
    }
    if (!service_has_fault(service, FAULT_POP3_CODES_HIDDEN)) {
        capability(pop3, "RESP-CODES", "");
        capability(pop3, "AUTH-RESP-CODE", "");
    }
    capability(pop3, "PIPELINING", "");
    capability(pop3, "EXPIRE", "NEVER");
    capability(pop3, "UTF8", "");
    capability(pop3, "LANG", "");
    if (config->tls_offered && !service->tls && authorization) {
        capability(pop3, "STLS", "");
    }
    capability(pop3, "IMPLEMENTATION",
               service_has_fault(service, FAULT_POP3_CAPA_EMPTY_ARGUMENT) ? " " : "postel");
    for (const char *const *more = config->offer; more != NULL && *more != NULL; more++) {
        service_print(&pop3->service, "%s\r\n", *more);
    }
    service_print(&pop3->service, ".\r\n");
}

/* --- the maildrop -------------------------------------------------------------------------------
 */

void pop3_enter(struct pop3_service *pop3, struct user *user)
{
    struct mailbox *inbox = user_inbox(user);
    if (inbox->pop3_locked && !service_has_fault(&pop3->service, FAULT_POP3_NO_LOCK)) {
        pop3->phase = POP3_PHASE_AUTHORIZATION;
        pop3_err(pop3, "[IN-USE] The maildrop is in use by another session");
        return;
    }
    pop3->maildrop = mailbox_hold(inbox);
    pop3->count = inbox->pop3_locked ? 0 : inbox->count;
    inbox->pop3_locked = true;
    pop3->messages = memory_zero(inbox->count, sizeof(struct pop3_entry));
    for (size_t i = 0; i < pop3->count; i++) {
        pop3->messages[i].message = message_hold(inbox->messages[i]);
    }
    pop3->phase = POP3_PHASE_TRANSACTION;
    pop3_ok(pop3, "The maildrop is locked and ready");
}

void pop3_leave(struct pop3_service *pop3, bool update)
{
    if (pop3->maildrop == NULL) {
        return;
    }
    bool all = service_has_fault(&pop3->service, FAULT_POP3_QUIT_REMOVES_ALL);
    for (size_t i = 0; i < pop3->count; i++) {
        struct pop3_entry *m = &pop3->messages[i];
        if (update && (m->deleted || all)) {
            mailbox_expunge(pop3->maildrop, m->message);
        }
        message_release(&m->message);
    }
    memory_free(pop3->messages);
    pop3->messages = NULL;
    pop3->count = 0;
    pop3->maildrop->pop3_locked = service_has_fault(&pop3->service, FAULT_POP3_KEEPS_LOCK);
    mailbox_release(&pop3->maildrop);
}

/* --- USER and PASS ------------------------------------------------------------------------------
 */

static bool is_secure(const struct pop3_service *pop3)
{
    return pop3->service.tls || !pop3->service.config->secure_only;
}

static void do_user(struct pop3_service *pop3, const struct pop3_command *command)
{
    if (!is_secure(pop3)) {
        pop3_err(pop3, "Passwords are only taken inside TLS");
        return;
    }
    memory_free(pop3->name);
    pop3->name = memory_text(command->name);
    pop3_ok(pop3, "Now the password");
}

static void do_pass(struct pop3_service *pop3, const struct pop3_command *command)
{
    if (pop3->name == NULL && service_has_fault(&pop3->service, FAULT_POP3_PASS_ALONE)) {
        pop3_ok(pop3, "Whose is it?");
        return;
    }
    if (pop3->name == NULL) {
        pop3_err(pop3, "Say USER first");
        return;
    }
    const struct store *store = pop3->service.config->store;
    struct user *user = store_user(store, span_text(pop3->name));
    bool any = service_has_fault(&pop3->service, FAULT_POP3_ANY_PASSWORD);
    if (user == NULL && any) {
        user = store_user_at(store, 0);
    }
    if (user == NULL || (!any && !span_equal(command->name, span_text(user->password)))) {
        pop3_err(pop3, "[AUTH] Wrong name or password");
        return;
    }
    pop3_enter(pop3, user);
}

/* RFC 1939 section 7: the digest of the greeting's timestamp and the password. */
static void do_apop(struct pop3_service *pop3, const struct pop3_command *command)
{
    char digest[TLS_MD5_HEX + 1];
    struct user *user = store_user(pop3->service.config->store, command->name);
    bool known = false;
    if (pop3->timestamp == NULL) {
        pop3_err(pop3, "The greeting had no timestamp");
        return;
    }
    if (user != NULL) {
        char *text = memory_format("%s%s", pop3->timestamp, user->password);
        known =
            tls_md5_hex(span_text(text), digest) && span_equal(command->digest, span_text(digest));
        memory_wipe(text, strlen(text));
        memory_free(text);
    }
    if (known) {
        pop3_enter(pop3, user);
    } else {
        pop3_err(pop3, "[AUTH] Wrong name or password");
    }
}

/* --- AUTH ---------------------------------------------------------------------------------------
 */

static void finish(struct pop3_service *pop3, bool ok)
{
    struct user *user =
        ok ? store_user(pop3->service.config->store, span_text(sasl_server_user(pop3->sasl)))
           : NULL;
    sasl_server_free(&pop3->sasl);
    pop3->sasl_done = false;
    pop3->phase = POP3_PHASE_AUTHORIZATION;
    if (user == NULL && service_has_fault(&pop3->service, FAULT_POP3_AUTH_FAILED_OK)) {
        pop3_ok(pop3, "Never mind");
    } else if (user == NULL) {
        pop3_err(pop3, "[AUTH] Authentication failed");
    } else {
        pop3_enter(pop3, user);
    }
}

static void step(struct pop3_service *pop3, bool has_in, struct span in)
{
    struct span out = {0};
    if (pop3->sasl_done) {
        finish(pop3, in.len == 0);
        return;
    }
    enum sasl_rc rc = sasl_server_step(pop3->sasl, has_in, in, &out);
    if (rc == SASL_FAILED || (rc == SASL_OK && out.len == 0)) {
        finish(pop3, rc == SASL_OK);
        return;
    }
    pop3->sasl_done = rc == SASL_OK;
    pop3->phase = POP3_PHASE_SASL;
    service_challenge(&pop3->service, "+ ", out);
}

static void cancel(struct pop3_service *pop3, const char *text)
{
    sasl_server_free(&pop3->sasl);
    pop3->sasl_done = false;
    pop3->phase = POP3_PHASE_AUTHORIZATION;
    pop3_err(pop3, text);
}

static void step_base64(struct pop3_service *pop3, struct span text)
{
    uint8_t *octets = NULL;
    size_t len = 0;
    if (!service_decode(text, &octets, &len)) {
        cancel(pop3, "That is not base64");
        return;
    }
    step(pop3, true, (struct span){octets, len});
    memory_wipe(octets, len);
    memory_free(octets);
}

void pop3_feed_sasl(struct pop3_service *pop3, struct span line)
{
    if (span_is(line, "*")) {
        cancel(pop3, "Authentication cancelled");
    } else {
        step_base64(pop3, line);
    }
}

static void do_auth(struct pop3_service *pop3, const struct pop3_command *command)
{
    pop3->sasl = service_sasl_new(&pop3->service, "pop", command->name);
    if (pop3->sasl == NULL && service_has_fault(&pop3->service, FAULT_POP3_MECHANISM_ACCEPTED)) {
        pop3_ok(pop3, "Never heard of it");
    } else if (pop3->sasl == NULL) {
        pop3_err(pop3, "This mechanism is not available");
    } else if (!command->has_initial) {
        step(pop3, false, (struct span){0});
    } else {
        step_base64(pop3, service_initial(command->initial));
    }
}

static void do_stls(struct pop3_service *pop3)
{
    struct service *service = &pop3->service;
    if (!service->config->tls_offered || !service_shows(service, "STLS")) {
        pop3_err(pop3, "TLS is not available");
    } else if (service->tls) {
        pop3_err(pop3, "TLS is already active");
    } else {
        pop3_ok(pop3, "Begin TLS");
        service->keep_plain = service_has_fault(service, FAULT_POP3_STLS_INJECTION);
        service->next = SERVICE_TLS;
    }
}

void pop3_authorize(struct pop3_service *pop3, const struct pop3_command *command)
{
    if (command->verb == POP3_USER) {
        do_user(pop3, command);
    } else if (command->verb == POP3_PASS) {
        do_pass(pop3, command);
    } else if (command->verb == POP3_AUTH) {
        do_auth(pop3, command);
    } else if (command->verb == POP3_STLS) {
        do_stls(pop3);
    } else if (command->verb == POP3_UTF8) {
        pop3->utf8 = true;
        pop3_ok(pop3, "UTF8 enabled");
    } else {
        do_apop(pop3, command);
    }
}
