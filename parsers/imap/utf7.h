/* SPDX-License-Identifier: MIT */
/* The modified UTF-7 of mailbox names (RFC 3501 section 5.1.3): check and conversion. */
#ifndef PARSERS_IMAP_UTF7_H
#define PARSERS_IMAP_UTF7_H

#include "parsers/core/out.h"

/* The name follows the convention. If not, out_pos is the first octet that cannot be right: an
   octet above 127, base64 of printing US-ASCII, a superfluous shift, broken UTF-16; name.len where
   a shift does not end. */
bool utf7_is_valid(struct span name, size_t *out_pos);

/* Writes the name as UTF-8. For valid names only. */
void utf7_decode(struct span name, struct out *out);

/* Writes UTF-8 as modified UTF-7. For valid UTF-8 only. */
void utf7_encode(struct span utf8, struct out *out);

#endif
