/* SPDX-License-Identifier: MIT */
/* The listings of RFC 1939: two values with a single space between them, in the reply to STAT,
   LIST n and UIDL n, and in the lines of LIST and UIDL. The cursor is behind the values on
   success; what may follow is the caller's. */
#ifndef PARSERS_POP3_LISTING_H
#define PARSERS_POP3_LISTING_H

#include "parsers/core/parse.h"

MUST_USE enum parse_rc pop3_parse_drop_listing(struct parse *p, size_t end, uint64_t *count,
                                               uint64_t *size);
MUST_USE enum parse_rc pop3_parse_scan_listing(struct parse *p, size_t end, uint64_t *number,
                                               uint64_t *size);
/* number is 0 where it is missing (a quirk). Nothing may follow. */
MUST_USE enum parse_rc pop3_parse_unique_id_listing(struct parse *p, size_t end, uint64_t *number,
                                                    struct span *unique_id);

#endif
