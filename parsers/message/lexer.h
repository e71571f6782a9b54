/* SPDX-License-Identifier: MIT */
/* The tokens that the structured fields of RFC 5322 and RFC 2045 are made of. */
#ifndef PARSERS_MESSAGE_LEXER_H
#define PARSERS_MESSAGE_LEXER_H

#include "parsers/core/parse.h"

/* RFC 5322 section 3.2.2: CFWS, perhaps none. comment (may be NULL) becomes the content of the last
   comment, if there is one. */
MUST_USE enum parse_rc message_skip_cfws(struct parse *p, struct span *comment);

/* RFC 5322 section 3.2.4: DQUOTE *([FWS] qcontent) [FWS] DQUOTE; out has the quotes. */
MUST_USE enum parse_rc message_parse_quoted_string(struct parse *p, struct span *out);

/* RFC 5322 section 3.2.5: word, without CFWS round it: 1*atext (RFC 6532: UTF-8 too) or a
   quoted-string. */
MUST_USE enum parse_rc message_parse_word(struct parse *p, struct span *out);

/* RFC 2045 section 5.1: token, without CFWS round it; empty where there is none. */
struct span message_take_token(struct parse *p);

/* The octets from one position to another. */
static inline struct span message_between(const struct parse *p, size_t start, size_t end)
{
    return (struct span){p->in.ptr + start, end - start};
}

#endif
