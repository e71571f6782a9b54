/* SPDX-License-Identifier: MIT */
#include "parsers/imap/imap.h"

enum parse_rc imap_parse_odd_sp(struct parse *p, enum rule rule, const char *expected)
{
    size_t start = p->pos;
    if (!parse_octet(p, ' ')) {
        if (parse_peek(p) != '\t') {
            return parse_fail(p, rule, expected);
        }
        p->pos++;
        enum parse_rc rc = parse_quirk(p, QUIRK_IMAP_SP_TAB, start, 1, "one space, not TAB");
        if (rc != PARSE_OK) {
            return rc;
        }
    }
    size_t more = p->pos;
    while (parse_peek(p) == ' ' || parse_peek(p) == '\t') {
        p->pos++;
    }
    if (p->pos > more) {
        return parse_quirk(p, QUIRK_IMAP_SP_DOUBLE, more, p->pos - more, "exactly one space");
    }
    return PARSE_OK;
}

bool imap_parse_keyword(struct parse *p, struct span keyword)
{
    size_t start = p->pos;
    if (!parse_text(p, keyword)) {
        return false;
    }
    if (!parse_at_end(p) && octet_is(p->in.ptr[p->pos], CLASS_ATOM)) {
        p->pos = start;
        return false;
    }
    return true;
}

void imap_emit_keyword(struct out *o, struct span written, const char *text)
{
    if (written.len > 0) {
        out_bytes(o, written);
    } else {
        out_text(o, text);
    }
}

enum parse_rc imap_parse_list_next(struct parse *p, size_t count, enum rule rule, bool *end)
{
    size_t start = p->pos;
    *end = parse_octet(p, ')');
    if (*end) {
        return PARSE_OK;
    }
    if (count > 0 && parse_left(p) > 1 && p->in.ptr[start] == ' ' && p->in.ptr[start + 1] > ')') {
        p->pos++;
        return PARSE_OK;
    }
    if (parse_octet(p, ' ')) {
        if (parse_peek(p) == ')') {
            p->pos++;
            *end = true;
            return parse_quirk(p, QUIRK_IMAP_SP_BEFORE_PAREN, start, 1, "\")\"");
        }
        p->pos = start;
        if (count == 0) {
            p->pos++;
            return parse_quirk(p, QUIRK_IMAP_SP_AFTER_PAREN, start, 1, "no space behind \"(\"");
        }
    }
    if (count == 0) {
        return PARSE_OK;
    }
    uint8_t before = p->in.ptr[p->pos - 1];
    if (parse_peek(p) == '(' || parse_peek(p) == '"' ||
        (parse_peek(p) > ' ' && (before == ')' || before == '"'))) {
        return parse_quirk(p, QUIRK_IMAP_SP_MISSING, start, 0, "SP");
    }
    return imap_parse_sp(p, rule, "SP or \")\"");
}

bool imap_at_trailing_sp(const struct parse *p)
{
    size_t pos = p->pos;
    while (pos < p->in.len && (p->in.ptr[pos] == ' ' || p->in.ptr[pos] == '\t')) {
        pos++;
    }
    return pos > p->pos && pos < p->in.len && (p->in.ptr[pos] == '\r' || p->in.ptr[pos] == '\n');
}

/* RFC 5234 appendix B.1: CRLF = CR LF. */
enum parse_rc imap_parse_crlf(struct parse *p)
{
    size_t start = p->pos;
    enum parse_rc rc = PARSE_OK;
    if (imap_at_trailing_sp(p)) {
        while (parse_octet(p, ' ') || parse_octet(p, '\t')) {
        }
        rc = parse_quirk(p, QUIRK_IMAP_SP_TRAILING, start, p->pos - start, "CRLF");
    }
    if (rc == PARSE_OK && parse_peek(p) == '\n' && parse_left(p) == 1) {
        p->pos++;
        return parse_quirk(p, QUIRK_IMAP_BARE_LF, p->pos - 1, 1, "CRLF");
    }
    return rc == PARSE_OK ? parse_expect_crlf(p, RULE_IMAP_CRLF) : rc;
}
