/* SPDX-License-Identifier: MIT */
#include "server/smtp.h"

#include "net/memory.h"

static struct smtp_service *of(struct service *service)
{
    return (struct smtp_service *)(void *)service;
}

void smtp_reply(struct smtp_service *smtp, unsigned code, const char *enhanced, const char *text)
{
    /* RFC 5321 section 4.2.3: "221 <domain> ...", "421 <domain> ..." */
    bool named = code == 221 || code == 421;
    bool coded = enhanced != NULL && service_shows(&smtp->service, "ENHANCEDSTATUSCODES") &&
                 !service_has_fault(&smtp->service, FAULT_SMTP_ENHANCED_MISSING) &&
                 (smtp->extended || !smtp->greeted ||
                  !service_has_fault(&smtp->service, FAULT_SMTP_ENHANCED_HELO));
    service_print(&smtp->service, "%u%s%s%s%s%s%s\r\n", code,
                  service_has_fault(&smtp->service, FAULT_SMTP_REPLY_SPACE) ? "" : " ",
                  coded ? enhanced : "", coded ? " " : "",
                  named ? service_host_name(&smtp->service) : "", named ? " " : "", text);
}

void smtp_refuse(struct smtp_service *smtp, unsigned code, const char *enhanced, const char *text)
{
    unsigned max = smtp->service.config->errors_max;
    if (++smtp->errors >= (max == 0 ? SMTP_ERRORS_MAX : max)) {
        smtp_reply(smtp, 421, "4.7.0", "Too many errors, closing");
        smtp->service.next = SERVICE_CLOSE;
        return;
    }
    smtp_reply(smtp, code, enhanced, text);
}

void smtp_reset(struct smtp_service *smtp)
{
    for (size_t i = 0; i < smtp->recipient_count; i++) {
        memory_free(smtp->recipients[i].path);
        memory_free(smtp->recipients[i].original);
    }
    memory_free(smtp->recipients);
    smtp->recipients = NULL;
    smtp->recipient_count = 0;
    memory_free(smtp->reverse_path);
    smtp->reverse_path = NULL;
    smtp->sender = NULL;
    memory_free(smtp->envelope_id);
    smtp->envelope_id = NULL;
    smtp->has_mail = false;
    smtp->body = SMTP_BODY_7BIT;
    smtp->utf8 = false;
    smtp->size = 0;
    smtp->has_priority = false;
    smtp->priority = 0;
    smtp->chunking = false;
    smtp->chunk_failed = false;
    buffer_fini(&smtp->content.octets);
    smtp->content = (struct smtp_content){0};
}

static void open_smtp(struct service *service)
{
    const char *reply = service_override(service, SPAN_LIT("GREETING"), (struct span){0});
    service_note_command(service, SPAN_LIT("GREETING"));
    if (reply != NULL) {
        service_print(service, "%s\r\n", reply);
    } else if (service_has_fault(service, FAULT_SMTP_GREETING_CODE)) {
        service_print(service, "250 %s ready\r\n", service_host_name(service));
    } else if (service_has_fault(service, FAULT_SMTP_GREETING_DOMAIN)) {
        service_print(service, "220 \r\n");
    } else if (service_has_fault(service, FAULT_SMTP_GREETING_SPACE)) {
        service_print(service, "220 %s \r\n", service_host_name(service));
    } else {
        service_print(service, "220 %s %s postel ready\r\n", service_host_name(service),
                      service->protocol == PROTOCOL_LMTP ? "LMTP" : "ESMTP");
    }
    service_answered(service, SPAN_LIT("GREETING"));
}

/* A command that did not parse: the parser has set as much of it as it understood. */
static void refuse_syntax(struct smtp_service *smtp, const struct smtp_command *command)
{
    if (command->verb == SMTP_UNKNOWN) {
        smtp_refuse(smtp, 500, "5.5.2", "Syntax error, command unrecognized");
    } else {
        smtp_refuse(smtp, 501, "5.5.4", "Syntax error in parameters or arguments");
    }
    if (command->verb == SMTP_BDAT) {
        /* A chunk is lost: no later one may complete the message (RFC 3030 section 2). */
        smtp_reset(smtp);
    }
}

/* The part of an override's glob: the path of MAIL and RCPT without brackets, else the argument. */
static struct span argument_of(const struct smtp_command *command)
{
    struct span path = command->path.text;
    bool has_path = command->verb == SMTP_MAIL || command->verb == SMTP_RCPT;
    return has_path && path.len >= 2 ? span_sub(path, 1, path.len - 2) : command->argument;
}

static void feed_command(struct smtp_service *smtp, struct span line)
{
    enum { ARENA = 64 * 1024 };
    struct service *service = &smtp->service;
    struct smtp_command command = {0};
    struct arena arena;
    struct parse p;
    void *block = memory_alloc(ARENA);
    arena_init(&arena, block, ARENA);
    parse_init(&p, line, 0, &arena);
    /* RFC 5321 section 4.1.1: "SMTP receivers SHOULD tolerate trailing white space". */
    quirks_add(&p.quirks, QUIRK_SMTP_TRAILING_SPACE);
    quirks_add(&p.quirks, QUIRK_SMTP_HELO_LITERAL);
    bool ok = smtp_parse_command(&p, &command) == PARSE_OK;
    struct span verb = command.word;
    const char *reply = service_override(service, verb, argument_of(&command));
    reply = reply == NULL ? service_fault_answer(service, verb, command.argument) : reply;
    service_note_command(service, verb);
    if (reply != NULL) {
        service_print(service, "%s\r\n", reply);
    } else if (smtp_misjudge(smtp, line, &command, ok)) {
        /* A fault has answered. */
    } else if (!ok) {
        refuse_syntax(smtp, &command);
    } else {
        smtp_execute(smtp, &command);
    }
    service_answered(service, verb);
    memory_free(block);
}

/* The next line, if it is whole; too long ones are refused once and skipped to their end. */
static size_t feed_line(struct smtp_service *smtp, struct span in)
{
    size_t max = smtp->service.config->line_max;
    max = max == 0 ? SMTP_LINE_MAX : max;
    size_t len = smtp_misread(smtp, in);
    if (len != 0) {
        return len;
    }
    len = service_line(in);
    smtp->cut = smtp->cut || (len == 0 && in.len != 0);
    if (smtp->discarding) {
        smtp->discarding = len == 0;
        /* A CR at the end may be the first half of the line's end. */
        bool half = len == 0 && in.len != 0 && in.ptr[in.len - 1] == '\r';
        return len == 0 ? in.len - half : len;
    }
    if (len > max || (len == 0 && in.len > max)) {
        bool auth = smtp->phase == SMTP_PHASE_AUTH;
        smtp->phase = SMTP_PHASE_COMMAND;
        sasl_server_free(&smtp->sasl);
        if (service_has_fault(&smtp->service, FAULT_SMTP_LINE_REST_OBEYED)) {
            smtp_refuse(smtp, 500, "5.5.2", "Line too long");
            return max;
        }
        smtp->discarding = len == 0;
        smtp_refuse(smtp, 500, auth ? "5.5.6" : "5.5.2", "Line too long");
        return len == 0 ? in.len - (in.ptr[in.len - 1] == '\r') : len;
    }
    if (len != 0 && smtp->phase == SMTP_PHASE_AUTH) {
        smtp_feed_auth(smtp, span_sub(in, 0, len - 2));
    } else if (len != 0) {
        feed_command(smtp, span_sub(in, 0, len));
    }
    return len;
}

static size_t feed_smtp(struct service *service, struct span in)
{
    struct smtp_service *smtp = of(service);
    size_t taken = 0;
    while (service_may_go_on(service)) {
        struct span rest = span_from(in, taken);
        size_t len = 0;
        if (smtp->phase == SMTP_PHASE_DATA) {
            len = smtp_feed_data(smtp, rest);
        } else if (smtp->phase == SMTP_PHASE_BDAT) {
            len = smtp_feed_bdat(smtp, rest);
        } else {
            len = feed_line(smtp, rest);
        }
        taken += len;
        if (len == 0) {
            break;
        }
    }
    return taken;
}

/* RFC 3207 section 4.2: what was learnt before TLS is forgotten. */
static void tls_started(struct service *service)
{
    struct smtp_service *smtp = of(service);
    if (service_has_fault(service, FAULT_SMTP_STARTTLS_KEEPS_STATE)) {
        return;
    }
    smtp_reset(smtp);
    smtp->greeted = false;
    smtp->extended = false;
    memory_free(smtp->peer_name);
    smtp->peer_name = NULL;
    memory_free(smtp->user);
    smtp->user = NULL;
}

/* RFC 5321 section 3.8 */
static void farewell(struct service *service, enum service_end why)
{
    bool idle = why == SERVICE_IDLE;
    smtp_reply(of(service), 421, idle ? "4.4.2" : "4.3.2",
               idle ? "Idle for too long, closing" : "Shutting down, closing");
}

static void free_smtp(struct service *service)
{
    struct smtp_service *smtp = of(service);
    smtp_reset(smtp);
    sasl_server_free(&smtp->sasl);
    memory_free(smtp->peer_name);
    memory_free(smtp->user);
    memory_free(smtp);
}

struct service *smtp_service_new(void)
{
    static const struct service_type type = {
        .open = open_smtp,
        .feed = feed_smtp,
        .tls_started = tls_started,
        .farewell = farewell,
        .free = free_smtp,
        .idle_ms = 5 * 60 * 1000, /* RFC 5321 section 4.5.3.2.7 */
    };
    struct smtp_service *smtp = memory_zero(1, sizeof *smtp);
    smtp->service.type = &type;
    return &smtp->service;
}
