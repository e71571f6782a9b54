/* SPDX-License-Identifier: MIT */
/* The one in-memory mail store behind all protocols of the built-in server: users, their mailboxes
   and subscriptions. It knows no protocol and no clock but the one it is given. Everything lives
   until store_free(). */
#ifndef SERVER_STORE_H
#define SERVER_STORE_H

#include "server/mailbox.h"

enum { STORE_KEYWORDS_MAX = 64, STORE_NAME_MAX = 1000, STORE_LEVELS_MAX = 20 };

struct store_config {
    const char *domain;            /* ours; NULL: "example.test" */
    uint64_t message_octets_max;   /* 0: 64 MiB */
    uint64_t user_octets_max;      /* quota; 0: 1 GiB */
    size_t mailbox_messages_max;   /* 0: 1,000,000 */
    size_t user_mailboxes_max;     /* 0: 10,000 */
    int64_t (*now)(void *context); /* seconds since 1970, UTC; NULL: always 0 */
    void *context;
};

struct store;

struct user {
    struct store *store;
    char *name;
    char *password;
    struct mailbox **mailboxes; /* by name, octet by octet; INBOX is always there */
    size_t mailbox_count;
    char **subscriptions; /* names, by octets; need not exist as mailboxes */
    size_t subscription_count;
    char *keywords[STORE_KEYWORDS_MAX]; /* as they were first spelled */
    size_t keyword_count;
    struct note *metadata;    /* entries of the server, as this user sees them (RFC 5464) */
    uint64_t octets;          /* of all messages */
    struct watcher *watchers; /* of any change in any mailbox, or of the list of mailboxes */
};

MUST_USE struct store *store_new(const struct store_config *config);
void store_free(struct store **store);

const char *store_domain(const struct store *store);
uint64_t store_message_octets_max(const struct store *store);
uint64_t store_user_octets_max(const struct store *store);
int64_t store_now(const struct store *store);

/* A new user with an INBOX and mailboxes for the special uses; an existing one gets the new
   password. */
struct user *store_add_user(struct store *store, const char *name, const char *password);
struct user *store_user(const struct store *store, struct span name);
size_t store_user_count(const struct store *store);
struct user *store_user_at(const struct store *store, size_t index);

/* The user of an address in our domain: its local part, unquoted, without regard to case.
   Postmaster is the first user. */
struct user *store_user_of(const struct store *store, struct span local_part);
bool store_is_local_domain(const struct store *store, struct span domain);

/* --- mailboxes of a user -----------------------------------------------------------------------
 */

/* name: UTF-8; INBOX in any case. NULL when there is none. */
struct mailbox *user_mailbox(const struct user *user, struct span name);
struct mailbox *user_inbox(const struct user *user);

/* The index of the first mailbox whose name is not below. */
size_t user_mailbox_lower(const struct user *user, struct span name);
bool mailbox_has_children(const struct mailbox *mailbox);

/* Creates it, and what is missing above it. A trailing "/" only says that children will come. A
   \Noselect mailbox becomes selectable, with a new UIDVALIDITY. *out may be NULL. */
MUST_USE enum store_rc user_create(struct user *user, struct span name, uint32_t special_use,
                                   struct mailbox **out);

/* With children it stays as \Noselect without messages. INBOX is STORE_BAD_NAME. */
MUST_USE enum store_rc user_delete(struct user *user, struct span name);

/* Its children go along. INBOX: its messages go to the new mailbox, INBOX stays, empty. */
MUST_USE enum store_rc user_rename(struct user *user, struct span from, struct span to);

MUST_USE enum store_rc user_subscribe(struct user *user, struct span name);
MUST_USE enum store_rc user_unsubscribe(struct user *user, struct span name);
bool user_is_subscribed(const struct user *user, struct span name);

/* The bit of a keyword, which is added if create is set; 0 when there is none or no room. */
uint64_t user_keyword(struct user *user, struct span keyword, bool create);

void user_watch(struct user *user, struct watcher *watcher);
void user_unwatch(struct user *user, struct watcher *watcher);

/* --- for mailbox.c and user.c ------------------------------------------------------------------
 */

/* Tells the user's watchers. */
void user_changed(struct user *user);
uint64_t store_next_id(struct store *store);
uint32_t store_next_uid_validity(struct store *store);
size_t store_mailbox_messages_max(const struct store *store);
size_t store_user_mailboxes_max(const struct store *store);

#endif
