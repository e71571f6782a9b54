/* SPDX-License-Identifier: MIT */
/* ACL, LISTRIGHTS and MYRIGHTS responses (RFC 4314). */
#ifndef PARSERS_IMAP_ACL_H
#define PARSERS_IMAP_ACL_H

#include "parsers/imap/mailbox.h"

struct imap_acl_entry {
    const struct imap_acl_entry *next;
    struct imap_string identifier;
    struct imap_string rights;
};

struct imap_acl {
    struct imap_mailbox mailbox;
    const struct imap_acl_entry *first; /* ACL */
    struct imap_string identifier;      /* LISTRIGHTS */
    struct imap_string rights;          /* LISTRIGHTS: the required ones; MYRIGHTS */
    struct imap_strings optional;       /* LISTRIGHTS */
};

/* Behind the keyword and SP; never NOMATCH. */
MUST_USE enum parse_rc imap_parse_acl_data(struct parse *p, struct imap_acl *out);
MUST_USE enum parse_rc imap_parse_listrights_data(struct parse *p, struct imap_acl *out);
MUST_USE enum parse_rc imap_parse_myrights_data(struct parse *p, struct imap_acl *out);
void imap_emit_acl_data(struct out *o, const struct imap_acl *acl);
void imap_emit_listrights_data(struct out *o, const struct imap_acl *acl);
void imap_emit_myrights_data(struct out *o, const struct imap_acl *acl);

#endif
