/* SPDX-License-Identifier: MIT */
/* What a STORE command changes. */
#ifndef PARSERS_IMAP_STORE_H
#define PARSERS_IMAP_STORE_H

#include "parsers/imap/flag.h"

struct imap_item;

struct imap_store {
    struct span name; /* as written: "+FLAGS.SILENT" */
    char sign;        /* '+' adds, '-' removes, 0 replaces */
    bool silent;
    bool list;                     /* the flags stand in parentheses */
    struct imap_flags flags;       /* FLAGS */
    const struct imap_item *items; /* another attribute (X-GM-LABELS, ANNOTATION): its value */
};

/* RFC 9051 section 9: store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag
 *(SP flag))) */
MUST_USE enum parse_rc imap_parse_store_att_flags(struct parse *p, struct imap_store *out);
void imap_emit_store_att_flags(struct out *o, const struct imap_store *store);

#endif
