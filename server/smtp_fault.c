/* SPDX-License-Identifier: MIT */
/* The faults of SMTP that take a command line or a message for something else than it is. */
#include "parsers/message/header.h"
#include "server/smtp.h"

static bool has(const struct smtp_service *smtp, enum fault fault)
{
    return service_has_fault(&smtp->service, fault);
}

static bool has_bad_octet(struct span line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (line.ptr[i] == 0 || line.ptr[i] >= 0x80) {
            return true;
        }
    }
    return false;
}

static bool misjudge_unknown(struct smtp_service *smtp, struct span line)
{
    if (line.len == 2) {
        return has(smtp, FAULT_SMTP_EMPTY_LINE_SILENT);
    }
    if (has(smtp, FAULT_SMTP_UNKNOWN_ACCEPTED)) {
        smtp_reply(smtp, 250, "2.0.0", "OK");
        return true;
    }
    if (has(smtp, FAULT_SMTP_UNKNOWN_TWICE)) {
        smtp_reply(smtp, 500, "5.5.2", "Syntax error");
        smtp_reply(smtp, 500, "5.5.2", "Command unrecognized");
        return true;
    }
    return false;
}

static bool has_priority(struct span line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (span_is(span_sub(line, i, 12), " MT-PRIORITY")) {
            return true;
        }
    }
    return false;
}

/* A line that did not parse. */
static bool misjudge_bad(struct smtp_service *smtp, struct span line,
                         const struct smtp_command *command)
{
    enum smtp_verb verb = command->verb;
    if (verb == SMTP_UNKNOWN) {
        return misjudge_unknown(smtp, line);
    }
    bool argument = (verb == SMTP_RSET || verb == SMTP_QUIT) && command->has_argument;
    if ((argument && has(smtp, FAULT_SMTP_ARGUMENT_IGNORED)) ||
        (verb == SMTP_STARTTLS && has(smtp, FAULT_SMTP_STARTTLS_PARAMETER))) {
        smtp_execute(smtp, command);
        return true;
    }
    if (verb == SMTP_MAIL && has_priority(line) && has(smtp, FAULT_SMTP_PRIORITY_SYNTAX)) {
        smtp_reply(smtp, 250, "2.1.0", "OK");
        return true;
    }
    if (verb == SMTP_RCPT && command->path.text.len != 0 && has(smtp, FAULT_SMTP_DSN_SYNTAX)) {
        smtp_reply(smtp, 250, "2.1.0", "OK");
        return true;
    }
    return false;
}

static bool has_small_letter(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] >= 'a' && text.ptr[i] <= 'z') {
            return true;
        }
    }
    return false;
}

/* What is refused for its letters, its length or its place. */
static bool refuse_picky(struct smtp_service *smtp, const struct smtp_command *command)
{
    enum { SHORT_PATH = 200 };
    enum smtp_verb verb = command->verb;
    if (has_small_letter(command->word) && has(smtp, FAULT_SMTP_VERB_CASE)) {
        smtp_refuse(smtp, 500, "5.5.2", "Command unrecognized");
        return true;
    }
    const struct smtp_param *body = smtp_param_find(command->params, SMTP_PARAM_BODY);
    const struct smtp_param *utf8 = smtp_param_find(command->params, SMTP_PARAM_SMTPUTF8);
    if (((body != NULL && (has_small_letter(body->keyword) || has_small_letter(body->value))) ||
         (utf8 != NULL && has_small_letter(utf8->keyword))) &&
        has(smtp, FAULT_SMTP_PARAM_CASE)) {
        smtp_refuse(smtp, 555, "5.5.4", "Unknown parameter");
        return true;
    }
    if (verb == SMTP_MAIL && command->path.text.len > SHORT_PATH &&
        has(smtp, FAULT_SMTP_PATH_SHORT)) {
        smtp_refuse(smtp, 501, "5.1.7", "Bad address syntax");
        return true;
    }
    if ((verb == SMTP_NOOP && !smtp->greeted && has(smtp, FAULT_SMTP_NOOP_NEEDS_EHLO)) ||
        (verb == SMTP_MAIL && smtp->greeted && !smtp->extended &&
         has(smtp, FAULT_SMTP_HELO_FORGOTTEN))) {
        smtp_refuse(smtp, 503, "5.5.1", "Say EHLO first");
        return true;
    }
    if (verb == SMTP_AUTH &&
        (span_is(command->mechanism, "LOGIN") || span_is(command->mechanism, "CRAM-MD5")) &&
        has(smtp, FAULT_SMTP_AUTH_LOGIN_REFUSED)) {
        smtp_refuse(smtp, 504, "5.5.4", "Mechanism not available");
        return true;
    }
    return false;
}

/* Commands that forget the transaction though they are no part of it. */
static void forget(struct smtp_service *smtp, const struct smtp_command *command, bool ok)
{
    enum smtp_verb verb = command->verb;
    bool aside = verb == SMTP_VRFY || verb == SMTP_HELP || verb == SMTP_UNKNOWN;
    if ((aside && has(smtp, FAULT_SMTP_VRFY_RESETS)) ||
        (verb == SMTP_EHLO && !ok && has(smtp, FAULT_SMTP_EHLO_BAD_RESETS))) {
        smtp_reset(smtp);
    }
}

bool smtp_misjudge(struct smtp_service *smtp, struct span line, const struct smtp_command *command,
                   bool ok)
{
    enum { SHORT_LINE = 300 };
    bool cut = smtp->cut;
    smtp->cut = false;
    forget(smtp, command, ok);
    if (refuse_picky(smtp, command)) {
        return true;
    }
    if ((cut && has(smtp, FAULT_SMTP_CUT_COMMAND)) ||
        (line.len > SHORT_LINE && has(smtp, FAULT_SMTP_LINE_SHORT))) {
        smtp_refuse(smtp, 500, "5.5.2", "Line not understood");
        return true;
    }
    if (line.len > 2 && line.ptr[line.len - 3] == ' ' &&
        has(smtp, FAULT_SMTP_TRAILING_SPACE_REFUSED)) {
        smtp_refuse(smtp, 501, "5.5.4", "Syntax error: space");
        return true;
    }
    if (has_bad_octet(line) && has(smtp, FAULT_SMTP_OCTETS_ACCEPTED)) {
        smtp_reply(smtp, 250, "2.1.0", "OK");
        return true;
    }
    return (!ok || command->verb == SMTP_UNKNOWN) && misjudge_bad(smtp, line, command);
}

size_t smtp_misread(struct smtp_service *smtp, struct span in)
{
    const uint8_t *lf = in.len == 0 ? NULL : memchr(in.ptr, '\n', in.len);
    bool bare = lf != NULL && (lf == in.ptr || lf[-1] != '\r');
    if (!bare || !has(smtp, FAULT_SMTP_LF_ENDS_COMMAND)) {
        return 0;
    }
    smtp_reply(smtp, 250, "2.0.0", "OK");
    return (size_t)(lf - in.ptr) + 1;
}

static bool has_long_line(struct span text)
{
    enum { SHORT_LINE = 900 };
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        len = text.ptr[i] == '\n' ? 0 : len + 1;
        if (len > SHORT_LINE) {
            return true;
        }
    }
    return false;
}

static bool has_header(struct span text)
{
    for (size_t i = 0; i < text.len && text.ptr[i] != '\n'; i++) {
        if (text.ptr[i] == ':') {
            return true;
        }
    }
    return false;
}

/* How often a line of the header begins so. */
static size_t count_fields(struct span text, const char *start)
{
    size_t count = 0;
    struct message_field field;
    for (struct span rest = text; message_header_next(&rest, &field);) {
        count += span_starts_nocase(field.whole, span_text(start)) ? 1 : 0;
    }
    return count;
}

bool smtp_mistrusts(const struct smtp_service *smtp)
{
    enum { SHORT_MESSAGE = 32 * 1024, FEW_HOPS = 50 };
    struct span text = buffer_span(&smtp->content.octets);
    return (has(smtp, FAULT_SMTP_TRACE_JUDGED) && count_fields(text, "Received: nonsense") > 0) ||
           (has(smtp, FAULT_SMTP_RESENT_JUDGED) && count_fields(text, "Resent-To:") > 0) ||
           (has(smtp, FAULT_SMTP_HOPS_FEW) && count_fields(text, "Received:") > FEW_HOPS) ||
           (has(smtp, FAULT_SMTP_BINARY_REFUSED) &&
            count_fields(text, "Content-Transfer-Encoding: binary") > 0) ||
           (has(smtp, FAULT_SMTP_TEXT_LINE_SHORT) && has_long_line(text)) ||
           (has(smtp, FAULT_SMTP_MESSAGE_SHORT) && text.len > SHORT_MESSAGE) ||
           (has(smtp, FAULT_SMTP_HEADER_DEMANDED) && !has_header(text));
}
