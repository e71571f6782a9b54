/* SPDX-License-Identifier: MIT */
/* One mailbox of the built-in server: its messages in the order of their UIDs, its change counter
   (MODSEQ, RFC 7162) and the log of what was expunged. Sessions keep their own view of it: they
   remember the modseq up to which they have told their client, and compare. Mailboxes and messages
   are counted, so that a session can go on with what another one has deleted. */
#ifndef SERVER_MAILBOX_H
#define SERVER_MAILBOX_H

#include "server/note.h"

enum {
    FLAG_SEEN = 1,
    FLAG_ANSWERED = 2,
    FLAG_FLAGGED = 4,
    FLAG_DELETED = 8,
    FLAG_DRAFT = 16,
};

struct flags {
    uint32_t system;   /* FLAG_… bits */
    uint64_t keywords; /* bits of the user's keyword table, see user_keyword() */
};

/* The octets of a message, shared by its copies; never changed. */
struct blob {
    unsigned references;
    uint64_t id; /* unique in the store (OBJECTID: EMAILID) */
    size_t len;
    void *parsed; /* what a reader has made of it, to have it again; freed with the blob */
    void (*parsed_free)(void *parsed);
    uint8_t octets[];
};

struct message {
    unsigned references;
    uint32_t uid;
    uint64_t modseq; /* of its last change, its coming included */
    struct flags flags;
    int64_t internal_date; /* seconds since 1970, UTC */
    int16_t zone;          /* of the internal date: minutes east of Greenwich */
    int64_t save_date;     /* seconds: when it came into this mailbox */
    bool expunged;
    struct blob *blob;
};

struct vanished {
    uint32_t uid;
    uint64_t modseq; /* of the expunge */
};

/* Someone who wants to know of changes. Called at each change, from inside the call that made it:
   it must only take note. */
struct watcher {
    struct watcher *next;
    void (*changed)(void *context);
    void *context;
};

enum special_use {
    SPECIAL_NONE = 0,
    SPECIAL_ALL = 1,
    SPECIAL_ARCHIVE = 2,
    SPECIAL_DRAFTS = 4,
    SPECIAL_FLAGGED = 8,
    SPECIAL_JUNK = 16,
    SPECIAL_SENT = 32,
    SPECIAL_TRASH = 64,
};

struct user;

struct mailbox {
    unsigned references;
    struct user *user;
    char *name;           /* UTF-8, "/" between levels, "INBOX" in this spelling */
    bool no_select;       /* only there for its children */
    bool deleted;         /* gone from the user's list; sessions may still hold it */
    uint32_t special_use; /* bits of enum special_use */
    uint64_t id;          /* unique in the store, kept by RENAME (OBJECTID: MAILBOXID) */
    uint32_t uid_validity;
    uint32_t uid_next;
    uint32_t recent_from; /* messages from this UID on were not yet \Recent in any session */
    uint64_t modseq;      /* of the latest change: HIGHESTMODSEQ; never 0 */
    uint64_t log_from;    /* expunges with a modseq up to this one are not in the log any more */
    struct message **messages; /* by UID, ascending */
    size_t count;
    size_t cap;
    size_t octets;             /* of all messages */
    struct vanished *vanished; /* by modseq, ascending */
    size_t vanished_count;
    struct note *metadata; /* entries (RFC 5464) */
    struct note *rights;   /* by identifier, the owner's not among them (RFC 4314) */
    struct watcher *watchers;
    bool pop3_locked; /* a POP3 session has the maildrop (RFC 1939 section 4) */
};

enum store_rc {
    STORE_OK = 0,
    STORE_EXISTS,      /* there is such a mailbox already */
    STORE_NONEXISTENT, /* there is no such mailbox */
    STORE_BAD_NAME,    /* not a name for a mailbox */
    STORE_NO_SELECT,   /* the mailbox holds no messages */
    STORE_HAS_CHILDREN,
    STORE_TOO_BIG,    /* the message alone is over the limit */
    STORE_OVER_QUOTA, /* the user's quota, or the mailbox's limit of messages */
};

/* --- messages --------------------------------------------------------------------------------- */

struct blob *blob_hold(struct blob *blob);
void blob_release(struct blob **blob);
struct message *message_hold(struct message *message);
void message_release(struct message **message);
static inline struct span message_octets(const struct message *message)
{
    return (struct span){message->blob->octets, message->blob->len};
}

/* --- mailboxes -------------------------------------------------------------------------------- */

struct mailbox *mailbox_hold(struct mailbox *mailbox);
void mailbox_release(struct mailbox **mailbox);

/* The message with this UID, or NULL. */
struct message *mailbox_find(const struct mailbox *mailbox, uint32_t uid);

/* The index of the first message whose UID is not below; count when there is none. */
size_t mailbox_lower(const struct mailbox *mailbox, uint32_t uid);

/* What a new message brings along. */
struct message_source {
    struct span octets; /* CRLF line ends; copied */
    struct blob *blob;  /* instead of octets: shared */
    struct flags flags;
    bool has_date; /* else: now */
    int64_t internal_date;
    int16_t zone;
};

/* A new message with the next UID. *out may be NULL; it borrows from the mailbox. */
MUST_USE enum store_rc mailbox_append(struct mailbox *mailbox, const struct message_source *source,
                                      struct message **out);

/* The flags are these from now on; without a difference nothing changes, MODSEQ neither. */
void mailbox_set_flags(struct mailbox *mailbox, struct message *message, struct flags flags);

/* The message is gone; who holds it still has its octets. */
void mailbox_expunge(struct mailbox *mailbox, struct message *message);

/* The first entry of the expunge log whose modseq is above. */
size_t mailbox_vanished_after(const struct mailbox *mailbox, uint64_t modseq);

/* Messages without \Seen; messages with \Deleted and their octets. */
size_t mailbox_unseen(const struct mailbox *mailbox);
size_t mailbox_deleted(const struct mailbox *mailbox, uint64_t *out_octets);

void mailbox_watch(struct mailbox *mailbox, struct watcher *watcher);
void mailbox_unwatch(struct mailbox *mailbox, struct watcher *watcher);

/* For the store: a mailbox that is in no list yet, with one reference. */
MUST_USE struct mailbox *mailbox_new(struct user *user, struct span name, uint64_t id,
                                     uint32_t uid_validity);

#endif
