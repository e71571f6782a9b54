/* SPDX-License-Identifier: MIT */
#include "parsers/smtp/reply.h"

/* Only CRs and one LF stand from the cursor to the end of the unit. */
static bool only_cr_lf(const struct parse *p)
{
    size_t pos = p->pos;
    while (pos < p->in.len && p->in.ptr[pos] == '\r') {
        pos++;
    }
    return pos + 1 == p->in.len && p->in.ptr[pos] == '\n';
}

/* RFC 5234 appendix B.1: CRLF = CR LF
   LF alone under QUIRK_SMTP_BARE_LF, CRs before the last one under QUIRK_SMTP_BARE_CR. The line
   need not be the last one of the unit. */
enum parse_rc smtp_parse_line_end(struct parse *p, enum rule rule)
{
    if (parse_peek(p) == '\n') {
        enum parse_rc rc = parse_quirk(p, QUIRK_SMTP_BARE_LF, p->pos, 1, "CRLF");
        p->pos += rc == PARSE_OK ? 1 : 0;
        return rc;
    }
    if (parse_peek(p) == '\r' && parse_left(p) > 2 && only_cr_lf(p)) {
        enum parse_rc rc = parse_quirk(p, QUIRK_SMTP_BARE_CR, p->pos, 1, "one CR before LF");
        p->pos = rc == PARSE_OK ? p->in.len : p->pos;
        return rc;
    }
    enum parse_rc rc = parse_expect(p, '\r', rule, "CRLF");
    return rc == PARSE_OK ? parse_expect(p, '\n', rule, "LF behind CR") : rc;
}
