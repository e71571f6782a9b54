/* SPDX-License-Identifier: MIT */
/* ENVELOPE: the header of a message, taken apart by the server. */
#ifndef PARSERS_IMAP_ENVELOPE_H
#define PARSERS_IMAP_ENVELOPE_H

#include "parsers/imap/string.h"

struct imap_address {
    const struct imap_address *next;
    struct imap_string name;
    struct imap_string adl;
    struct imap_string mailbox; /* NIL: end of a group */
    struct imap_string host;    /* NIL: start (mailbox is the group's name) or end of a group */
};

struct imap_addresses {
    const struct imap_address *first; /* NULL for NIL */
    size_t count;
    struct span nil; /* NIL as written */
};

struct imap_envelope {
    struct imap_string date;
    struct imap_string subject;
    struct imap_addresses from;
    struct imap_addresses sender;
    struct imap_addresses reply_to;
    struct imap_addresses to;
    struct imap_addresses cc;
    struct imap_addresses bcc;
    struct imap_string in_reply_to;
    struct imap_string message_id;
};

MUST_USE enum parse_rc imap_parse_envelope(struct parse *p, struct imap_envelope *out);
void imap_emit_envelope(struct out *o, const struct imap_envelope *envelope);

#endif
