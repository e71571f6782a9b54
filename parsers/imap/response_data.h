/* SPDX-License-Identifier: MIT */
/* What stands behind the keyword of a response, for each type. For response.c alone. */
#ifndef PARSERS_IMAP_RESPONSE_DATA_H
#define PARSERS_IMAP_RESPONSE_DATA_H

#include "parsers/imap/response.h"

/* The type that a keyword names, of those with a number before it or of those without. */
enum imap_response_type imap_response_type_of(struct span keyword, bool numbered);

/* By out->type; from behind the keyword up to the CRLF. */
MUST_USE enum parse_rc imap_parse_response_data(struct parse *p, struct imap_response *out);
void imap_emit_response_data(struct out *o, const struct imap_response *response);

#endif
