/* SPDX-License-Identifier: MIT */
/* What the IMAP grammar must be told, because the octets alone do not tell. The grammar is the
   union of IMAP4rev1, IMAP4rev2 and all extensions; only where the same octets are right in one
   and wrong in the other does it look at parse.profile, a set of these bits. */
#ifndef PARSERS_IMAP_IMAP_H
#define PARSERS_IMAP_IMAP_H

#include "parsers/core/out.h"
#include "parsers/core/parse.h"

enum imap_profile {
    IMAP_PROFILE_SERVER = 1U << 0,    /* the server speaks (imap_parse_response sets it) */
    IMAP_PROFILE_REV2 = 1U << 1,      /* IMAP4rev2 is offered: its laxer forms are right */
    IMAP_PROFILE_UTF8 = 1U << 2,      /* ENABLE IMAP4rev2 or UTF8=ACCEPT: quoted strings, mailbox
                                         names and texts may be UTF-8, names are not UTF-7 */
    IMAP_PROFILE_UTF8_TEXT = 1U << 3, /* LANGUAGE was used: texts may be UTF-8 */
};

static inline bool imap_profile_has(const struct parse *p, uint32_t bits)
{
    return (p->profile & bits) != 0;
}

/* The SP that is not exactly one space; for imap_parse_sp alone. */
MUST_USE enum parse_rc imap_parse_odd_sp(struct parse *p, enum rule rule, const char *expected);

/* RFC 9051 section 9: SP = <Defined in RFC 5234>. Exactly one space; more of them, or TAB, is a
   quirk. */
MUST_USE static inline enum parse_rc imap_parse_sp(struct parse *p, enum rule rule,
                                                   const char *expected)
{
    if (parse_left(p) > 1 && p->in.ptr[p->pos] == ' ' && p->in.ptr[p->pos + 1] > ' ') {
        p->pos++;
        return PARSE_OK;
    }
    return imap_parse_odd_sp(p, rule, expected);
}

/* In a parenthesised list behind count parts: either ")" ends it, or the SP before the next part is
   consumed (none before the first). Misplaced spaces are quirks. */
MUST_USE enum parse_rc imap_parse_list_next(struct parse *p, size_t count, enum rule rule,
                                            bool *end);

/* Nothing but spaces is left before the CRLF: a quirk that imap_parse_crlf knows. */
bool imap_at_trailing_sp(const struct parse *p);

/* The CRLF at the end of the unit. Spaces before it and a bare LF are quirks. */
MUST_USE enum parse_rc imap_parse_crlf(struct parse *p);

/* An atom of this text (without regard to case) stands here and ends here: go behind it. */
bool imap_parse_keyword(struct parse *p, struct span keyword);
#define IMAP_KEYWORD(p, text) imap_parse_keyword((p), SPAN_LIT(text))

/* A keyword as it was written, or the canonical text where a value was made by hand. */
void imap_emit_keyword(struct out *o, struct span written, const char *text);

#endif
