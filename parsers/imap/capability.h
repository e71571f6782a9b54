/* SPDX-License-Identifier: MIT */
/* The capabilities that a server lists. Unknown ones are values. */
#ifndef PARSERS_IMAP_CAPABILITY_H
#define PARSERS_IMAP_CAPABILITY_H

#include "parsers/imap/imap.h"

struct imap_capability {
    const struct imap_capability *next;
    struct span name; /* "IMAP4rev1", "AUTH=PLAIN" */
};

struct imap_capabilities {
    const struct imap_capability *first;
    size_t count;
};

/* *(SP capability), behind CAPABILITY or ENABLED; never NOMATCH. */
MUST_USE enum parse_rc imap_parse_capabilities(struct parse *p, struct imap_capabilities *out);
/* RFC 9051 section 9: capability-data names IMAP4rev2, in RFC 3501 IMAP4rev1. */
MUST_USE enum parse_rc imap_check_revision(struct parse *p, const struct imap_capabilities *list);

void imap_emit_capabilities(struct out *o, const struct imap_capabilities *list);

/* The list has this capability, without regard to case. */
bool imap_capabilities_has(const struct imap_capabilities *list, struct span name);

#endif
