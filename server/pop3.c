/* SPDX-License-Identifier: MIT */
#include "server/pop3.h"

#include "net/memory.h"

static struct pop3_service *of(struct service *service)
{
    return (struct pop3_service *)(void *)service;
}

void pop3_ok(struct pop3_service *pop3, const char *text)
{
    bool lower = service_has_fault(&pop3->service, FAULT_POP3_STATUS_LOWER);
    bool glued = service_has_fault(&pop3->service, FAULT_POP3_STATUS_GLUED);
    service_print(&pop3->service, "%s%s%s%s", lower ? "+ok" : "+OK", glued ? "" : " ", text,
                  service_has_fault(&pop3->service, FAULT_POP3_REPLY_LF) ? "\n" : "\r\n");
}

void pop3_err(struct pop3_service *pop3, const char *text)
{
    unsigned max = pop3->service.config->errors_max;
    service_print(&pop3->service, "-ERR %s\r\n", text);
    if (++pop3->errors >= (max == 0 ? POP3_ERRORS_MAX : max)) {
        pop3->service.next = SERVICE_CLOSE;
    }
}

static void open_pop3(struct service *service)
{
    struct pop3_service *pop3 = of(service);
    const char *reply = service_override(service, SPAN_LIT("GREETING"), (struct span){0});
    service_note_command(service, SPAN_LIT("GREETING"));
    if (reply != NULL) {
        service_print(service, "%s\r\n", reply);
    } else {
        /* RFC 1939 section 7: different each time a greeting is sent. */
        struct store *store = service->config->store;
        pop3->timestamp = memory_format("<%llu.%lld@%s>", (unsigned long long)store_next_id(store),
                                        (long long)store_now(store), service_host_name(service));
        service_print(service, "%s %s POP3 server ready %s\r\n",
                      service_has_fault(service, FAULT_POP3_GREETING_STATUS) ? "*" : "+OK",
                      service_host_name(service), pop3->timestamp);
    }
    service_answered(service, SPAN_LIT("GREETING"));
}

static bool is_valid_now(const struct pop3_service *pop3, enum pop3_verb verb)
{
    bool inside = pop3->phase == POP3_PHASE_TRANSACTION;
    switch (verb) {
    case POP3_CAPA:
    case POP3_LANG:
    case POP3_QUIT:
        return true;
    case POP3_USER:
        return !inside || service_has_fault(&pop3->service, FAULT_POP3_LOGIN_TWICE);
    case POP3_STLS:
        return !inside || service_has_fault(&pop3->service, FAULT_POP3_STLS_LATE);
    case POP3_PASS:
    case POP3_APOP:
    case POP3_AUTH:
    case POP3_UTF8:
        return !inside;
    case POP3_NOOP:
        return (inside && !service_has_fault(&pop3->service, FAULT_POP3_NOOP_REFUSED)) ||
               service_has_fault(&pop3->service, FAULT_POP3_NOOP_EARLY);
    case POP3_STAT:
    case POP3_LIST:
    case POP3_RETR:
    case POP3_DELE:
    case POP3_RSET:
    case POP3_TOP:
    case POP3_UIDL:
        return inside;
    case POP3_UNKNOWN:
    case POP3_VERB_COUNT:
        break;
    }
    return false;
}

static void do_quit(struct pop3_service *pop3)
{
    struct service *service = &pop3->service;
    bool update = !service_has_fault(service, FAULT_POP3_QUIT_NO_UPDATE);
    pop3_leave(pop3, update);
    if (!service_has_fault(service, FAULT_POP3_QUIT_SILENT)) {
        pop3_ok(pop3, "Goodbye");
    }
    if (!service_has_fault(service, FAULT_POP3_QUIT_STAYS)) {
        service->next = SERVICE_CLOSE;
    }
}

static void do_lang(struct pop3_service *pop3, const struct pop3_command *command)
{
    if (command->name.len == 0) {
        pop3_ok(pop3, "Languages follow");
        service_print(&pop3->service, "en English\r\ni-default Default language\r\n.\r\n");
    } else if (span_is(command->name, "en")) {
        pop3_ok(pop3, "en English it is");
    } else if (span_is(command->name, "i-default") || span_is(command->name, "*")) {
        pop3_ok(pop3, "i-default English it is");
    } else {
        pop3_err(pop3, "This language is not available");
    }
}

void pop3_execute(struct pop3_service *pop3, const struct pop3_command *command)
{
    if (command->verb == POP3_UNKNOWN) {
        pop3_err(pop3, "Unknown command");
    } else if (!is_valid_now(pop3, command->verb)) {
        pop3_err(pop3, "The command is not allowed in this state");
    } else if (command->verb == POP3_CAPA) {
        pop3_announce(pop3);
    } else if (command->verb == POP3_QUIT) {
        do_quit(pop3);
    } else if (command->verb == POP3_LANG) {
        do_lang(pop3, command);
    } else if (command->verb == POP3_NOOP) {
        pop3_ok(pop3, "Done nothing");
    } else if (pop3->phase == POP3_PHASE_TRANSACTION && command->verb != POP3_USER &&
               command->verb != POP3_STLS) {
        pop3_transact(pop3, command);
    } else {
        pop3_authorize(pop3, command);
    }
}

static void feed_command(struct pop3_service *pop3, struct span line)
{
    struct service *service = &pop3->service;
    struct pop3_command command = {0};
    struct parse p;
    parse_init(&p, line, 0, NULL);
    bool ok = pop3_parse_command(&p, pop3->utf8, &command) == PARSE_OK;
    struct span verb = command.keyword;
    if (service_has_fault(service, FAULT_POP3_VERB_CASE) &&
        !span_equal(verb, span_text(pop3_verb_text(command.verb)))) {
        command.verb = POP3_UNKNOWN;
    }
    const char *reply = service_override(service, verb, command.arguments);
    service_note_command(service, verb);
    if (reply != NULL) {
        service_print(service, "%s\r\n", reply);
    } else if (!ok && command.verb != POP3_UNKNOWN &&
               service_has_fault(service, FAULT_POP3_SYNTAX_ACCEPTED)) {
        pop3_ok(pop3, "Whatever");
    } else if (!ok) {
        pop3_err(pop3, command.verb == POP3_UNKNOWN ? "Unknown command" : "Bad arguments");
    } else {
        pop3_execute(pop3, &command);
    }
    bool kept =
        (command.verb == POP3_USER && ok) ||
        (command.verb == POP3_STLS && service_has_fault(service, FAULT_POP3_STLS_KEEPS_USER));
    if (!kept && pop3->name != NULL) {
        /* RFC 1939 section 7: PASS stands right behind a successful USER. */
        memory_free(pop3->name);
        pop3->name = NULL;
    }
    service_answered(service, verb);
}

static size_t feed_line(struct pop3_service *pop3, struct span in)
{
    size_t max = pop3->service.config->line_max;
    max = max == 0 ? POP3_LINE_MAX : max;
    size_t len = service_line(in);
    size_t half = in.len != 0 && in.ptr[in.len - 1] == '\r';
    if (pop3->discarding) {
        pop3->discarding = len == 0;
        return len == 0 ? in.len - half : len;
    }
    if (len > max || (len == 0 && in.len > max)) {
        sasl_server_free(&pop3->sasl);
        pop3->phase = pop3->maildrop == NULL ? POP3_PHASE_AUTHORIZATION : POP3_PHASE_TRANSACTION;
        pop3->discarding = len == 0;
        if (!service_has_fault(&pop3->service, FAULT_POP3_LONG_LINE_SILENT)) {
            pop3_err(pop3, "Line too long");
        }
        return len == 0 ? in.len - half : len;
    }
    if (len != 0 && pop3->phase == POP3_PHASE_SASL) {
        pop3_feed_sasl(pop3, span_sub(in, 0, len - 2));
    } else if (len != 0) {
        feed_command(pop3, span_sub(in, 0, len));
    }
    return len;
}

static size_t feed_pop3(struct service *service, struct span in)
{
    struct pop3_service *pop3 = of(service);
    size_t taken = 0;
    while (service_may_go_on(service)) {
        size_t len = feed_line(pop3, span_from(in, taken));
        taken += len;
        if (len == 0) {
            break;
        }
    }
    return taken;
}

/* RFC 2595 section 4: what was learnt before TLS is forgotten. */
static void tls_started(struct service *service)
{
    struct pop3_service *pop3 = of(service);
    if (!service_has_fault(service, FAULT_POP3_STLS_KEEPS_USER)) {
        memory_free(pop3->name);
        pop3->name = NULL;
    }
    pop3->utf8 = false;
}

/* RFC 1939 section 3: the connection is closed without removing messages, and without a word. */
static void farewell(struct service *service, enum service_end why)
{
    (void)service;
    (void)why;
}

static void free_pop3(struct service *service)
{
    struct pop3_service *pop3 = of(service);
    pop3_leave(pop3, service_has_fault(service, FAULT_POP3_UPDATE_WITHOUT_QUIT));
    sasl_server_free(&pop3->sasl);
    memory_free(pop3->name);
    memory_free(pop3->timestamp);
    memory_free(pop3);
}

struct service *pop3_service_new(void)
{
    static const struct service_type type = {
        .open = open_pop3,
        .feed = feed_pop3,
        .tls_started = tls_started,
        .farewell = farewell,
        .free = free_pop3,
        .idle_ms = 10 * 60 * 1000, /* RFC 1939 section 3 */
    };
    struct pop3_service *pop3 = memory_zero(1, sizeof *pop3);
    pop3->service.type = &type;
    return &pop3->service;
}
