/* SPDX-License-Identifier: MIT */
/* Trees of strings and lists: tagged-ext-val of extensions, body-extension, and whatever else a
   server sends that we have no grammar for. */
#ifndef PARSERS_IMAP_VALUE_H
#define PARSERS_IMAP_VALUE_H

#include "parsers/imap/set.h"
#include "parsers/imap/string.h"

struct imap_value {
    const struct imap_value *next;
    bool list;                      /* a parenthesised list; string is unused */
    struct imap_string string;      /* numbers and sets are atoms */
    const struct imap_value *first; /* the list's parts, in wire order */
};

/* RFC 9051 section 9: tagged-ext-label = tagged-label-fchar *tagged-label-char */
MUST_USE enum parse_rc imap_parse_tagged_ext_label(struct parse *p, struct span *out);
MUST_USE enum parse_rc imap_parse_tagged_ext_val(struct parse *p, struct imap_value *out);
MUST_USE enum parse_rc imap_parse_body_extension(struct parse *p, struct imap_value *out);

/* Anything with balanced parentheses, up to the SP, ")" or CRLF that ends it. */
MUST_USE enum parse_rc imap_parse_any(struct parse *p, struct imap_value *out);

/* Whatever stands before the line end of the unit: a line, or several with literals between. */
MUST_USE enum parse_rc imap_parse_rest(struct parse *p);

void imap_emit_value(struct out *o, const struct imap_value *value);
/* The chain of values, separated by SP. */
void imap_emit_values(struct out *o, const struct imap_value *first);

#endif
