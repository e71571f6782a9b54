/* SPDX-License-Identifier: MIT */
#include "parsers/core/parse.h"

void parse_init(struct parse *p, struct span in, uint64_t base, struct arena *arena)
{
    static const uint8_t nothing[1];
    in.ptr = in.ptr == NULL ? nothing : in.ptr; /* no arithmetic on NULL */
    *p = (struct parse){.in = in, .base = base, .arena = arena, .depth = PARSE_MAX_DEPTH};
}

uint64_t parse_offset(const struct parse *p, size_t pos)
{
    uint64_t off = p->base + pos;
    for (size_t i = 0; i < p->gap_count && p->gaps[i].pos <= pos; i++) {
        off += p->gaps[i].len;
    }
    return off;
}

static bool is_limit(enum rule rule)
{
    return rule == RULE_LIMIT_ARENA || rule == RULE_LIMIT_DEPTH;
}

/* A limit says nothing of the octets, and the caller may try again with more: it counts before all
   else, however far another branch got. */
enum parse_rc parse_fail_at(struct parse *p, size_t pos, enum rule rule, const char *expected)
{
    uint64_t off = parse_offset(p, pos);
    if (is_limit(p->err.rule)) {
        return PARSE_BAD;
    }
    if (p->err.rule == RULE_NONE || off > p->err.off || is_limit(rule)) {
        p->err = (struct parse_err){rule, off, expected};
    }
    return PARSE_BAD;
}

enum parse_rc parse_fail(struct parse *p, enum rule rule, const char *expected)
{
    return parse_fail_at(p, p->pos, rule, expected);
}

enum parse_rc parse_expect_crlf(struct parse *p, enum rule rule)
{
    enum parse_rc rc = parse_expect(p, '\r', rule, "CRLF");
    if (rc == PARSE_OK) {
        rc = parse_expect(p, '\n', rule, "LF after CR");
    }
    if (rc == PARSE_OK && !parse_at_end(p)) {
        rc = parse_fail(p, rule, "end of line");
    }
    return rc;
}

static enum parse_rc deviate(struct parse *p, const struct deviation *deviation)
{
    struct deviation *d = parse_take(p, sizeof *d);
    if (d == NULL) {
        return PARSE_BAD;
    }
    *d = *deviation;
    if (p->last_deviation == NULL) {
        p->deviations = d;
    } else {
        p->last_deviation->next = d;
    }
    p->last_deviation = d;
    return PARSE_OK;
}

enum parse_rc parse_quirk(struct parse *p, enum quirk quirk, size_t pos, size_t len,
                          const char *text)
{
    enum rule rule = quirk_info(quirk)->rule;
    if (!quirks_has(&p->quirks, quirk)) {
        return parse_fail_at(p, pos, rule, text);
    }
    return deviate(p, &(struct deviation){NULL, quirk, rule, parse_offset(p, pos), len, text});
}

enum parse_rc parse_recover(struct parse *p, enum quirk quirk, const struct parse_err *before)
{
    struct parse_err err = p->err;
    if (!quirks_has(&p->quirks, quirk) || is_limit(err.rule)) {
        return PARSE_BAD;
    }
    p->err = *before;
    size_t len = err.off < parse_offset(p, p->in.len);
    return deviate(p, &(struct deviation){NULL, quirk, err.rule, err.off, len, err.expected});
}

enum parse_rc parse_number(struct parse *p, uint64_t max, enum rule rule, uint64_t *out)
{
    size_t start = p->pos;
    uint64_t value = 0;
    while (p->pos < p->in.len && octet_is(p->in.ptr[p->pos], CLASS_DIGIT)) {
        uint64_t digit = (uint64_t)(p->in.ptr[p->pos] - '0');
        if (digit > max || value > (max - digit) / 10) {
            return parse_fail_at(p, start, rule, "a smaller number");
        }
        value = value * 10 + digit;
        p->pos++;
    }
    if (p->pos == start) {
        return PARSE_NOMATCH;
    }
    *out = value;
    return PARSE_OK;
}

enum parse_rc parse_enter(struct parse *p)
{
    if (p->depth == 0) {
        return parse_fail(p, RULE_LIMIT_DEPTH, "less nesting");
    }
    p->depth--;
    return PARSE_OK;
}
