/* SPDX-License-Identifier: MIT */
/* Text as SEARCH compares it: decoded, in UTF-8, without regard to case. */
#ifndef SERVER_IMAP_TEXT_H
#define SERVER_IMAP_TEXT_H

#include "parsers/core/out.h"
#include "parsers/message/mime.h"
#include "server/scratch.h"

/* Letters become small ones: of ASCII, Latin, Greek, Cyrillic. Takes UTF-8; what is not stays. */
struct span text_fold(struct scratch *scratch, struct span text);

/* A field's value, unfolded, its encoded-words decoded, then folded. */
struct span text_of_field(struct scratch *scratch, struct span value);

/* Octets of a charset ("": US-ASCII) as UTF-8. */
struct span text_to_utf8(struct scratch *scratch, struct span charset, struct span octets);

bool text_has(struct span text, struct span needle);

#endif
