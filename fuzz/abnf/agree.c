/* SPDX-License-Identifier: MIT */
#include "fuzz/abnf/agree.h"

#include "parsers/imap/command.h"
#include "parsers/imap/response.h"
#include "parsers/message/address.h"
#include "parsers/message/date.h"
#include "parsers/message/mime.h"
#include "parsers/pop3/reply.h"
#include "parsers/smtp/command.h"
#include "parsers/smtp/reply.h"

static enum parse_rc parse_imap_response(struct parse *p)
{
    struct imap_response out;
    p->profile = IMAP_PROFILE_REV2 | IMAP_PROFILE_UTF8 | IMAP_PROFILE_UTF8_TEXT;
    return imap_parse_response(p, &out);
}

static enum parse_rc parse_imap_command(struct parse *p)
{
    struct imap_command out;
    p->profile = IMAP_PROFILE_REV2 | IMAP_PROFILE_UTF8 | IMAP_PROFILE_UTF8_TEXT;
    return imap_parse_command(p, &out);
}

static enum parse_rc parse_smtp_command(struct parse *p)
{
    struct smtp_command out;
    return smtp_parse_command(p, &out);
}

static enum parse_rc parse_smtp_reply(struct parse *p)
{
    struct smtp_reply out;
    return smtp_parse_reply(p, &out);
}

static enum parse_rc parse_pop3_command(struct parse *p)
{
    struct pop3_command out;
    return pop3_parse_command(p, false, &out);
}

static enum parse_rc parse_pop3_response(struct parse *p)
{
    const struct pop3_reply_context context = {.verb = POP3_NOOP, .resp_codes = true};
    struct pop3_reply out;
    return pop3_parse_reply(p, &context, &out);
}

static enum parse_rc parse_pop3_line(struct parse *p, enum pop3_verb verb)
{
    const struct pop3_reply_context context = {.verb = verb, .utf8 = true};
    struct pop3_line out;
    return pop3_parse_line(p, &context, &out);
}

static enum parse_rc parse_pop3_text(struct parse *p)
{
    return parse_pop3_line(p, POP3_RETR);
}

static enum parse_rc parse_pop3_scan(struct parse *p)
{
    return parse_pop3_line(p, POP3_LIST);
}

static enum parse_rc parse_pop3_unique_id(struct parse *p)
{
    return parse_pop3_line(p, POP3_UIDL);
}

static enum parse_rc parse_pop3_capability(struct parse *p)
{
    return parse_pop3_line(p, POP3_CAPA);
}

static enum parse_rc parse_pop3_language(struct parse *p)
{
    return parse_pop3_line(p, POP3_LANG);
}

static enum parse_rc parse_message_date_time(struct parse *p)
{
    struct message_date out;
    return message_parse_date_time(p, &out);
}

static enum parse_rc parse_message_address_list(struct parse *p)
{
    struct address *out;
    return message_parse_address_list(p, &out);
}

/* Several may stand in one field. */
static enum parse_rc parse_message_msg_id(struct parse *p)
{
    struct span out;
    enum parse_rc rc = message_parse_msg_id(p, &out);
    return rc == PARSE_OK && !parse_at_end(p) ? parse_fail(p, RULE_MESSAGE_MSG_ID, "the end") : rc;
}

static enum parse_rc parse_message_content_type(struct parse *p)
{
    struct mime_value out;
    return message_parse_content_type(p, &out);
}

static enum parse_rc parse_message_content_disposition(struct parse *p)
{
    struct mime_value out;
    return message_parse_content_disposition(p, &out);
}

static enum parse_rc parse_message_content_transfer_encoding(struct parse *p)
{
    struct span out;
    return message_parse_content_transfer_encoding(p, &out);
}

const struct abnf_kind_of_unit abnf_units[] = {
    {"imap:command", "imap-command", "command", parse_imap_command},
    {"imap:response", "imap-response", "response", parse_imap_response},
    {"pop3:command", "pop3", "command", parse_pop3_command},
    {"pop3:response", "pop3", "response", parse_pop3_response},
    {"smtp:command", "smtp", "command", parse_smtp_command},
    {"smtp:reply", "smtp", "reply", parse_smtp_reply},
    {"message:address-list", "message", "address-list", parse_message_address_list},
    {"message:content-disposition", "message", "content-disposition",
     parse_message_content_disposition},
    {"message:content-transfer-encoding", "message", "content-transfer-encoding",
     parse_message_content_transfer_encoding},
    {"message:content-type", "message", "content-type", parse_message_content_type},
    {"message:date-time", "message", "date-time", parse_message_date_time},
    {"message:msg-id", "message", "msg-id", parse_message_msg_id},
    {"pop3:capability-line", "pop3", "capability-line", parse_pop3_capability},
    {"pop3:language-line", "pop3", "language-line", parse_pop3_language},
    {"pop3:scan-line", "pop3", "scan-line", parse_pop3_scan},
    {"pop3:text-line", "pop3", "text-line", parse_pop3_text},
    {"pop3:unique-id-line", "pop3", "unique-id-line", parse_pop3_unique_id},
};
const size_t abnf_unit_count = sizeof abnf_units / sizeof *abnf_units;

enum side { PARSER_REJECTS, GRAMMAR_REJECTS };

/* unit: "imap:" is all of imap's. rule: the one that the rejecting side names; a parser's finding,
   if wished with what it expected behind a colon; or what the grammar looked for at the farthest
   octet.
 */
static const struct {
    const char *unit;
    enum side side;
    const char *rule;
    const char *reason;
} exceptions[] = {
#define EXCEPTION(unit, side, rule, reason) {unit, side, rule, reason},
#include "fuzz/abnf/exceptions.def"
#undef EXCEPTION
};

static bool is_of(const char *unit, const struct abnf_kind_of_unit *kind)
{
    size_t len = strlen(unit);
    return strncmp(unit, kind->name, len) == 0 && (unit[len - 1] == ':' || kind->name[len] == '\0');
}

static bool is_named(const struct abnf_agreement *a, enum side side, const char *rule)
{
    if (side == PARSER_REJECTS) {
        size_t len = strlen(a->parser_rule);
        return a->parsed != PARSE_OK && strncmp(a->parser_rule, rule, len) == 0 &&
               (rule[len] == '\0' ||
                (strncmp(rule + len, ": ", 2) == 0 && strcmp(rule + len + 2, a->expected) == 0));
    }
    for (size_t i = 0; a->parsed == PARSE_OK && i < a->result.expected_count; i++) {
        if (span_is(a->result.expected[i]->name, rule)) {
            return true;
        }
    }
    return false;
}

struct abnf_agreement abnf_agree(const struct abnf_kind_of_unit *unit, const struct abnf *grammar,
                                 struct span octets, struct arena *scratch)
{
    struct abnf_agreement a = {.parser_rule = "", .expected = ""};
    const struct abnf_rule *rule = abnf_rule_find(grammar, span_text(unit->rule));
    size_t mark = arena_mark(scratch);
    struct parse p;
    parse_init(&p, octets, 0, scratch);
    a.parsed = unit->parse(&p);
    if (a.parsed != PARSE_OK) {
        a.parser_rule = rule_info(p.err.rule)->name;
        a.expected = p.err.expected == NULL ? "" : p.err.expected;
        a.parser_pos = (size_t)p.err.off;
    }
    arena_release(scratch, mark);
    if (rule == NULL) {
        return a;
    }
    a.result = abnf_recognise(rule, octets, scratch);
    bool limit = a.result.verdict == ABNF_LIMIT || strncmp(a.parser_rule, "limit", 5) == 0;
    a.agreed = limit || (a.parsed == PARSE_OK) == (a.result.verdict == ABNF_ACCEPTED);
    for (size_t i = 0; !a.agreed && i < sizeof exceptions / sizeof *exceptions; i++) {
        if (is_of(exceptions[i].unit, unit) &&
            is_named(&a, exceptions[i].side, exceptions[i].rule)) {
            a.agreed = true;
            a.reason = exceptions[i].reason;
        }
    }
    return a;
}
