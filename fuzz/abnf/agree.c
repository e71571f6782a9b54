/* SPDX-License-Identifier: MIT */
#include "fuzz/abnf/agree.h"

#include "parsers/imap/command.h"
#include "parsers/imap/response.h"
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

const struct abnf_kind_of_unit abnf_units[] = {
    {"imap:command", "imap-command", "command", parse_imap_command},
    {"imap:response", "imap-response", "response", parse_imap_response},
    {"pop3:command", "pop3", "command", parse_pop3_command},
    {"pop3:response", "pop3", "response", parse_pop3_response},
    {"smtp:command", "smtp", "command", parse_smtp_command},
    {"smtp:reply", "smtp", "reply", parse_smtp_reply},
};
const size_t abnf_unit_count = sizeof abnf_units / sizeof *abnf_units;

enum side { PARSER_REJECTS, GRAMMAR_REJECTS };

/* rule: the one that the rejecting side names; a parser's finding, or what the grammar looked for
   at the farthest octet. */
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

static bool is_named(const struct abnf_agreement *a, enum side side, const char *rule)
{
    if (side == PARSER_REJECTS) {
        return a->parsed != PARSE_OK && strcmp(a->parser_rule, rule) == 0;
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
        if (strcmp(exceptions[i].unit, unit->name) == 0 &&
            is_named(&a, exceptions[i].side, exceptions[i].rule)) {
            a.agreed = true;
            a.reason = exceptions[i].reason;
        }
    }
    return a;
}
