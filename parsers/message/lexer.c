/* SPDX-License-Identifier: MIT */
#include "parsers/message/lexer.h"

/* RFC 5322 section 3.2.2: FWS = ([*WSP CRLF] 1*WSP) / obs-FWS; LF alone passes for a line end, as
   stored messages have it. */
static bool skip_fws(struct parse *p)
{
    size_t start = p->pos;
    for (;;) {
        size_t pos = p->pos;
        size_t end = pos;
        while (end < p->in.len && (p->in.ptr[end] == ' ' || p->in.ptr[end] == '\t')) {
            end++;
        }
        size_t fold = end;
        fold += fold < p->in.len && p->in.ptr[fold] == '\r' ? 1 : 0;
        if (fold < p->in.len && p->in.ptr[fold] == '\n' && fold + 1 < p->in.len &&
            (p->in.ptr[fold + 1] == ' ' || p->in.ptr[fold + 1] == '\t')) {
            end = fold + 2;
        }
        p->pos = end;
        if (end == pos) {
            return p->pos > start;
        }
    }
}

/* RFC 5322 section 3.2.2: comment = "(" *([FWS] ccontent) [FWS] ")", nested. */
static enum parse_rc skip_comment(struct parse *p, struct span *out)
{
    size_t start = p->pos;
    uint32_t open = 0;
    while (!parse_at_end(p)) {
        uint8_t octet = p->in.ptr[p->pos];
        if (octet == '\\' && p->pos + 1 < p->in.len) {
            p->pos++;
        } else if (octet == '(' && ++open > p->depth) {
            return parse_fail(p, RULE_LIMIT_DEPTH, "less nesting");
        } else if (octet == ')' && --open == 0) {
            *out = message_between(p, start + 1, p->pos);
            p->pos++;
            return PARSE_OK;
        }
        p->pos++;
    }
    return parse_fail(p, RULE_MESSAGE_CFWS, ")");
}

enum parse_rc message_skip_cfws(struct parse *p, struct span *comment)
{
    struct span unused;
    comment = comment == NULL ? &unused : comment;
    for (;;) {
        bool moved = skip_fws(p);
        if (parse_peek(p) != '(') {
            if (!moved) {
                return PARSE_OK;
            }
            continue;
        }
        enum parse_rc rc = skip_comment(p, comment);
        if (rc != PARSE_OK) {
            return rc;
        }
    }
}

enum parse_rc message_parse_quoted_string(struct parse *p, struct span *out)
{
    size_t start = p->pos;
    if (!parse_octet(p, '"')) {
        return PARSE_NOMATCH;
    }
    while (!parse_at_end(p)) {
        uint8_t octet = p->in.ptr[p->pos];
        if (octet == '"') {
            p->pos++;
            *out = parse_since(p, start);
            return PARSE_OK;
        }
        p->pos += octet == '\\' && p->pos + 1 < p->in.len ? 2 : 1;
    }
    return parse_fail(p, RULE_MESSAGE_QUOTED_STRING, "a closing quote");
}

enum parse_rc message_parse_word(struct parse *p, struct span *out)
{
    if (parse_peek(p) == '"') {
        return message_parse_quoted_string(p, out);
    }
    *out = parse_run(p, CLASS_ATEXT | CLASS_HIGH);
    return out->len > 0 ? PARSE_OK : PARSE_NOMATCH;
}

struct span message_take_token(struct parse *p)
{
    return parse_run(p, CLASS_MIME_TOKEN);
}
