/* SPDX-License-Identifier: MIT */
#include "parsers/pop3/line_end.h"

#include "parsers/core/base64.h"

enum parse_rc pop3_line_end(struct parse *p, enum rule rule, enum quirk lf, size_t *end)
{
    size_t len = p->in.len;
    *end = len;
    if (len == 0 || p->in.ptr[len - 1] != '\n') {
        return parse_fail_at(p, len, rule, "CRLF");
    }
    if (len >= 2 && p->in.ptr[len - 2] == '\r') {
        *end = len - 2;
        return PARSE_OK;
    }
    *end = len - 1;
    return parse_quirk(p, lf, len - 1, 1, "CR before LF");
}

struct span pop3_take_word(struct parse *p, size_t end)
{
    size_t start = p->pos;
    while (p->pos < end && p->in.ptr[p->pos] != ' ') {
        p->pos++;
    }
    return parse_since(p, start);
}

enum parse_rc pop3_check_base64(struct parse *p, struct span text, enum quirk quirk)
{
    size_t len = base64_valid_len(text);
    return len == text.len ? PARSE_OK
                           : parse_quirk(p, quirk, (size_t)(text.ptr - p->in.ptr) + len,
                                         text.len - len, "base64");
}
