/* SPDX-License-Identifier: MIT */
/* The STATUS response. Unknown attributes are values. */
#ifndef PARSERS_IMAP_STATUS_H
#define PARSERS_IMAP_STATUS_H

#include "parsers/imap/mailbox.h"
#include "parsers/imap/value.h"

enum imap_status_kind {
    IMAP_STATUS_UNKNOWN, /* value */
    IMAP_STATUS_MESSAGES,
    IMAP_STATUS_RECENT,
    IMAP_STATUS_UIDNEXT,
    IMAP_STATUS_UIDVALIDITY,
    IMAP_STATUS_UNSEEN,
    IMAP_STATUS_DELETED,
    IMAP_STATUS_SIZE,
    IMAP_STATUS_HIGHESTMODSEQ,
    IMAP_STATUS_DELETED_STORAGE,
    IMAP_STATUS_APPENDLIMIT, /* number, or nil */
    IMAP_STATUS_MAILBOXID,   /* id */
};

struct imap_status_item {
    const struct imap_status_item *next;
    enum imap_status_kind kind;
    struct span name; /* as written */
    struct imap_number number;
    struct span nil; /* APPENDLIMIT: NIL as written, else empty */
    struct span id;  /* MAILBOXID: objectid */
    struct imap_value value;
};

struct imap_status {
    struct imap_mailbox mailbox;
    const struct imap_status_item *first;
    size_t count;
};

/* mailbox SP "(" [status-att-list] ")", behind STATUS SP; never NOMATCH. */
MUST_USE enum parse_rc imap_parse_status_data(struct parse *p, struct imap_status *out);
void imap_emit_status_data(struct out *o, const struct imap_status *status);

/* The attribute that an atom names; UNKNOWN for others. STATUS commands use it too. */
enum imap_status_kind imap_status_kind_of(struct span name);

#endif
