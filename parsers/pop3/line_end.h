/* SPDX-License-Identifier: MIT */
/* What commands and replies have in common: the end of their line, and base64 in it. */
#ifndef PARSERS_POP3_LINE_END_H
#define PARSERS_POP3_LINE_END_H

#include "parsers/core/parse.h"

/* Sets end to where the CRLF begins. Without LF it is PARSE_BAD with this rule and end is the
   unit's; LF alone is the quirk lf. The cursor stays. */
MUST_USE enum parse_rc pop3_line_end(struct parse *p, enum rule rule, enum quirk lf, size_t *end);

/* The octets of the unit up to the next SP, at most up to end. */
struct span pop3_take_word(struct parse *p, size_t end);

/* The text, which stands in the unit, is base64, or the quirk lets it pass. */
MUST_USE enum parse_rc pop3_check_base64(struct parse *p, struct span text, enum quirk quirk);

#endif
