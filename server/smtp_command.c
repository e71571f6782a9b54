/* SPDX-License-Identifier: MIT */
/* The SMTP commands but those of the transaction and AUTH. */
#include "net/memory.h"
#include "server/smtp.h"

/* The lines of the answer to EHLO are collected first: the last one is marked. */
struct announcement {
    const char *lines[32];
    size_t count;
};

static void add(struct smtp_service *smtp, struct announcement *a, const char *line)
{
    char keyword[32];
    size_t len = 0;
    while (line[len] != '\0' && line[len] != ' ' && len < sizeof keyword - 1) {
        keyword[len] = line[len];
        len++;
    }
    keyword[len] = '\0';
    if (service_shows(&smtp->service, keyword) && a->count < 32) {
        a->lines[a->count++] = line;
    }
}

/* Extensions that need no state to be announced. */
static void add_plain(struct smtp_service *smtp, struct announcement *a)
{
    bool alone = service_has_fault(&smtp->service, FAULT_SMTP_SMTPUTF8_ALONE);
    bool hidden = service_has_fault(&smtp->service, FAULT_SMTP_CHUNKING_HIDDEN);
    static const char *const lines[] = {"PIPELINING", "8BITMIME", "SMTPUTF8",    "CHUNKING",
                                        "BINARYMIME", "DSN",      "MT-PRIORITY", "VRFY",
                                        "EXPN",       "HELP"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        bool left_out = (alone && strcmp(lines[i], "8BITMIME") == 0) ||
                        (hidden && strcmp(lines[i], "CHUNKING") == 0);
        if (!left_out) {
            add(smtp, a, lines[i]);
        }
    }
}

void smtp_announce(struct smtp_service *smtp)
{
    struct service *service = &smtp->service;
    const struct service_config *config = service->config;
    struct announcement a = {0};
    bool lmtp = service->protocol == PROTOCOL_LMTP;
    bool starttls = config->tls_offered && !service->tls &&
                    !service_has_fault(service, FAULT_SMTP_STARTTLS_HIDDEN);
    char *size =
        memory_format("SIZE %llu", (unsigned long long)store_message_octets_max(config->store));
    char *auth = memory_format("AUTH %s", service_mechanisms(service));
    add_plain(smtp, &a);
    add(smtp, &a, size);
    add(smtp, &a, "ENHANCEDSTATUSCODES");
    if (starttls || (service->tls && service_has_fault(service, FAULT_SMTP_STARTTLS_AGAIN))) {
        add(smtp, &a, "STARTTLS");
    }
    if (!lmtp) {
        add(smtp, &a, auth);
    }
    for (const char *const *more = config->offer; more != NULL && *more != NULL; more++) {
        add(smtp, &a, *more);
    }
    bool domain = !service_has_fault(service, FAULT_SMTP_EHLO_DOMAIN);
    service_print(service, "250%c%s%s%s\r\n", a.count == 0 ? ' ' : '-',
                  domain ? service_host_name(service) : "", domain ? " greets " : "hello_",
                  smtp->peer_name);
    for (size_t i = 0; i < a.count; i++) {
        bool last = i + 1 == a.count && !service_has_fault(service, FAULT_SMTP_EHLO_UNENDED);
        bool other = i == 1 && service_has_fault(service, FAULT_SMTP_EHLO_CODES_DIFFER);
        service_print(service, "%s%c%s\r\n", other ? "251" : "250", last ? ' ' : '-', a.lines[i]);
    }
    memory_free(size);
    memory_free(auth);
}

static void do_hello(struct smtp_service *smtp, const struct smtp_command *command)
{
    bool lmtp = smtp->service.protocol == PROTOCOL_LMTP;
    if (lmtp != (command->verb == SMTP_LHLO)) {
        /* RFC 2033 section 4.1: HELO and EHLO are not accepted by an LMTP server. */
        smtp_refuse(smtp, 500, "5.5.1", lmtp ? "Say LHLO" : "Command unrecognized");
        return;
    }
    if (command->host.utf8) {
        /* RFC 6531 section 3.7.1: only ASCII domains in EHLO; they would come back in our answer.
         */
        smtp_refuse(smtp, 501, "5.5.4", "The domain must be ASCII");
        return;
    }
    bool keeps = service_has_fault(&smtp->service, command->verb == SMTP_HELO
                                                       ? FAULT_SMTP_HELO_KEEPS_TRANSACTION
                                                       : FAULT_SMTP_EHLO_KEEPS_TRANSACTION);
    if (!keeps) {
        smtp_reset(smtp);
    }
    memory_free(smtp->peer_name);
    smtp->peer_name = memory_text(command->host.text);
    smtp->greeted = true;
    smtp->extended = command->verb != SMTP_HELO;
    if (smtp->extended) {
        smtp_announce(smtp);
    } else if (service_has_fault(&smtp->service, FAULT_SMTP_HELO_MULTILINE)) {
        service_print(&smtp->service, "250-%s\r\n250 PIPELINING\r\n",
                      service_host_name(&smtp->service));
    } else {
        service_print(&smtp->service, "250 %s\r\n", service_host_name(&smtp->service));
    }
}

/* VRFY: a user name, or an address of our domain. EXPN: the same, as each of our lists is an alias
   for one mailbox (RFC 5321 section 3.5.1). */
static void do_vrfy(struct smtp_service *smtp, const struct smtp_command *command)
{
    const struct store *store = smtp->service.config->store;
    struct span text = command->text;
    size_t at = text.len;
    if (service_has_fault(&smtp->service, FAULT_SMTP_VRFY_UNKNOWN)) {
        smtp_refuse(smtp, 500, "5.5.1", "Command unrecognized");
        return;
    }
    if (service_has_fault(&smtp->service, FAULT_SMTP_VRFY_REFUSED)) {
        smtp_refuse(smtp, 502, "5.5.1", "VRFY is switched off");
        return;
    }
    if (text.len >= 2 && text.ptr[0] == '<' && text.ptr[text.len - 1] == '>') {
        text = span_sub(text, 1, text.len - 2);
    }
    for (size_t i = 0; i < text.len; i++) {
        at = text.ptr[i] == '@' ? i : at;
    }
    at = at > text.len ? text.len : at;
    if (at < text.len && !store_is_local_domain(store, span_from(text, at + 1))) {
        smtp_reply(smtp, 252, "2.5.0", "Cannot verify, but will try to deliver local mail only");
        return;
    }
    const struct user *user = store_user_of(store, span_sub(text, 0, at));
    if (user == NULL && service_has_fault(&smtp->service, FAULT_SMTP_VRFY_ALWAYS)) {
        smtp_reply(smtp, 250, "2.1.5", "<postmaster@example.test>");
        return;
    }
    if (user == NULL) {
        smtp_reply(smtp, 550, "5.1.1", "No such user here");
        return;
    }
    char *mailbox = service_has_fault(&smtp->service, FAULT_SMTP_VRFY_NO_ADDRESS)
                        ? memory_format("%s is here", user->name)
                        : memory_format("<%s@%s>", user->name, store_domain(store));
    smtp_reply(smtp, 250, "2.1.5", mailbox);
    memory_free(mailbox);
}

static void do_help(struct smtp_service *smtp)
{
    if (service_has_fault(&smtp->service, FAULT_SMTP_HELP_MISSING)) {
        smtp_refuse(smtp, 502, "5.5.1", "Command not implemented");
        return;
    }
    bool lmtp = smtp->service.protocol == PROTOCOL_LMTP;
    smtp_reply(smtp, 214, "2.0.0",
               lmtp ? "Commands: LHLO MAIL RCPT DATA BDAT RSET VRFY EXPN HELP NOOP STARTTLS QUIT"
                    : "Commands: EHLO HELO MAIL RCPT DATA BDAT RSET VRFY EXPN HELP NOOP AUTH "
                      "STARTTLS QUIT");
}

static void do_starttls(struct smtp_service *smtp)
{
    struct service *service = &smtp->service;
    if (!service->config->tls_offered || !service_shows(service, "STARTTLS")) {
        smtp_refuse(smtp, 502, "5.5.1", "TLS is not available");
    } else if (service->tls && service_has_fault(service, FAULT_SMTP_STARTTLS_INSIDE)) {
        smtp_reply(smtp, 220, "2.0.0", "TLS goes on");
    } else if (service->tls) {
        smtp_refuse(smtp, 503, "5.5.1", "TLS is already active");
    } else {
        smtp_reply(smtp, 220, "2.0.0", "Ready to start TLS");
        service->keep_plain = service_has_fault(service, FAULT_SMTP_STARTTLS_INJECTION);
        service->next = SERVICE_TLS;
    }
}

static void do_quit(struct smtp_service *smtp)
{
    struct service *service = &smtp->service;
    if (service_has_fault(service, FAULT_SMTP_QUIT_CODE)) {
        smtp_reply(smtp, 250, "2.0.0", "Goodbye");
    } else if (!service_has_fault(service, FAULT_SMTP_QUIT_SILENT)) {
        smtp_reply(smtp, 221, "2.0.0", "Goodbye");
    }
    if (!service_has_fault(service, FAULT_SMTP_QUIT_STAYS)) {
        service->next = SERVICE_CLOSE;
    }
}

static void do_rset(struct smtp_service *smtp)
{
    if (!service_has_fault(&smtp->service, FAULT_SMTP_RSET_KEEPS_TRANSACTION) &&
        !(smtp->chunking && service_has_fault(&smtp->service, FAULT_SMTP_BDAT_RSET))) {
        smtp_reset(smtp);
    }
    if (service_has_fault(&smtp->service, FAULT_SMTP_RSET_CLOSES)) {
        smtp->service.next = SERVICE_CLOSE;
    }
    smtp_reply(smtp, 250, "2.0.0", "Reset");
}

static void do_noop(struct smtp_service *smtp, const struct smtp_command *command)
{
    if (command->text.len != 0 && service_has_fault(&smtp->service, FAULT_SMTP_NOOP_ARGUMENT)) {
        smtp_refuse(smtp, 501, "5.5.4", "NOOP has no argument");
        return;
    }
    if (service_has_fault(&smtp->service, FAULT_SMTP_NOOP_RESETS)) {
        smtp_reset(smtp);
    }
    smtp_reply(smtp, 250, "2.0.0", "OK");
}

void smtp_execute(struct smtp_service *smtp, const struct smtp_command *command)
{
    switch (command->verb) {
    case SMTP_EHLO:
    case SMTP_HELO:
    case SMTP_LHLO:
        do_hello(smtp, command);
        return;
    case SMTP_MAIL:
        smtp_do_mail(smtp, command);
        return;
    case SMTP_RCPT:
        smtp_do_rcpt(smtp, command);
        return;
    case SMTP_DATA:
        smtp_do_data(smtp);
        return;
    case SMTP_BDAT:
        smtp_do_bdat(smtp, command);
        return;
    case SMTP_RSET:
        do_rset(smtp);
        return;
    case SMTP_VRFY:
    case SMTP_EXPN:
        do_vrfy(smtp, command);
        return;
    case SMTP_HELP:
        do_help(smtp);
        return;
    case SMTP_NOOP:
        do_noop(smtp, command);
        return;
    case SMTP_QUIT:
        do_quit(smtp);
        return;
    case SMTP_STARTTLS:
        do_starttls(smtp);
        return;
    case SMTP_AUTH:
        smtp_do_auth(smtp, command);
        return;
    case SMTP_BURL:
    case SMTP_ETRN:
        smtp_refuse(smtp, 502, "5.5.1", "Command not implemented");
        return;
    case SMTP_UNKNOWN:
    case SMTP_VERB_COUNT:
        break;
    }
    smtp_refuse(smtp, 500, "5.5.1", "Command unrecognized");
}
