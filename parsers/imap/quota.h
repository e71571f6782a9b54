/* SPDX-License-Identifier: MIT */
/* QUOTA and QUOTAROOT responses (RFC 9208, RFC 2087). */
#ifndef PARSERS_IMAP_QUOTA_H
#define PARSERS_IMAP_QUOTA_H

#include "parsers/imap/mailbox.h"

struct imap_quota_resource {
    const struct imap_quota_resource *next;
    struct span name;
    struct imap_number usage;
    struct imap_number limit;
};

struct imap_quota {
    struct imap_string root;                 /* QUOTA */
    const struct imap_quota_resource *first; /* QUOTA */
    struct imap_mailbox mailbox;             /* QUOTAROOT */
    struct imap_strings roots;               /* QUOTAROOT */
};

/* Behind the keyword and SP; never NOMATCH. */
MUST_USE enum parse_rc imap_parse_quota_response(struct parse *p, struct imap_quota *out);
MUST_USE enum parse_rc imap_parse_quotaroot_response(struct parse *p, struct imap_quota *out);
void imap_emit_quota_response(struct out *o, const struct imap_quota *quota);
void imap_emit_quotaroot_response(struct out *o, const struct imap_quota *quota);

#endif
