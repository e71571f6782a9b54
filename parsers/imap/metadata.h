/* SPDX-License-Identifier: MIT */
/* METADATA responses (RFC 5464). */
#ifndef PARSERS_IMAP_METADATA_H
#define PARSERS_IMAP_METADATA_H

#include "parsers/imap/mailbox.h"

struct imap_metadata_entry {
    const struct imap_metadata_entry *next;
    struct imap_string name;
    struct imap_string value;
};

struct imap_metadata {
    struct imap_mailbox mailbox; /* empty: the server's own */
    bool has_values;             /* "(" entry-values ")"; otherwise names alone */
    const struct imap_metadata_entry *first;
    size_t count;
};

/* Behind METADATA SP; never NOMATCH. */
MUST_USE enum parse_rc imap_parse_metadata_resp(struct parse *p, struct imap_metadata *out);
void imap_emit_metadata_resp(struct out *o, const struct imap_metadata *metadata);

#endif
