/* SPDX-License-Identifier: MIT */
#include "fuzz/check/check.h"
#include "fuzz/check/server.h"

static void check_messages(const struct mailbox *mailbox, bool quiet)
{
    size_t octets = 0;
    CHECK(mailbox->count <= mailbox->cap, "a mailbox has more messages than room");
    for (size_t i = 0; i < mailbox->count; i++) {
        const struct message *message = mailbox->messages[i];
        CHECK(message->uid != 0 && message->uid < mailbox->uid_next, "a UID is out of range");
        CHECK(i == 0 || mailbox->messages[i - 1]->uid < message->uid, "UIDs do not ascend");
        CHECK(message->modseq != 0 && message->modseq <= mailbox->modseq,
              "a MODSEQ is over the mailbox's");
        CHECK(!message->expunged, "an expunged message is still there");
        CHECK(message->references == 1 || (!quiet && message->references > 1),
              "a message's references are miscounted");
        CHECK(message->blob->references != 0, "a message has freed octets");
        octets += message->blob->len;
    }
    CHECK(octets == mailbox->octets, "the octets of a mailbox are miscounted");
}

static void check_mailbox(const struct mailbox *mailbox, const struct user *user, bool quiet)
{
    CHECK(mailbox->user == user && !mailbox->deleted, "a mailbox is in the wrong list");
    CHECK(mailbox->uid_validity != 0 && mailbox->uid_next != 0 && mailbox->modseq != 0,
          "a mailbox's counters are zero");
    CHECK(mailbox->recent_from <= mailbox->uid_next, "recent messages that have not come yet");
    CHECK(mailbox->count == 0 || !mailbox->no_select, "a \\Noselect mailbox has messages");
    check_messages(mailbox, quiet);
    for (size_t i = 0; i < mailbox->vanished_count; i++) {
        const struct vanished *gone = &mailbox->vanished[i];
        CHECK(gone->modseq <= mailbox->modseq && gone->modseq > mailbox->log_from,
              "an expunge is logged outside of the log");
        CHECK(i == 0 || gone[-1].modseq <= gone->modseq, "the expunge log is out of order");
        CHECK(mailbox_find(mailbox, gone->uid) == NULL, "a logged message is still there");
    }
    CHECK(!quiet || (mailbox->references == 1 && mailbox->watchers == NULL),
          "a mailbox is held by nobody");
    CHECK(!quiet || !mailbox->pop3_locked, "a maildrop is locked by nobody");
}

/* How many messages of the store share these octets. */
static size_t sharers(const struct store *store, const struct blob *blob)
{
    size_t count = 0;
    for (size_t u = 0; u < store_user_count(store); u++) {
        const struct user *user = store_user_at(store, u);
        for (size_t m = 0; m < user->mailbox_count; m++) {
            for (size_t i = 0; i < user->mailboxes[m]->count; i++) {
                count += user->mailboxes[m]->messages[i]->blob == blob;
            }
        }
    }
    return count;
}

static void check_blobs(const struct store *store, const struct mailbox *mailbox)
{
    for (size_t i = 0; i < mailbox->count; i++) {
        const struct blob *blob = mailbox->messages[i]->blob;
        CHECK(blob->references == sharers(store, blob), "references to octets are miscounted");
    }
}

void check_store(const struct store *store, bool quiet)
{
    for (size_t u = 0; u < store_user_count(store); u++) {
        const struct user *user = store_user_at(store, u);
        uint64_t octets = 0;
        CHECK(user_inbox(user) != NULL, "there is no INBOX");
        for (size_t m = 0; m < user->mailbox_count; m++) {
            const struct mailbox *mailbox = user->mailboxes[m];
            CHECK(m == 0 || strcmp(user->mailboxes[m - 1]->name, mailbox->name) < 0,
                  "mailboxes are out of order");
            check_mailbox(mailbox, user, quiet);
            octets += mailbox->octets;
            if (quiet) {
                check_blobs(store, mailbox);
            }
        }
        CHECK(octets == user->octets, "the octets of a user are miscounted");
        CHECK(octets <= store_user_octets_max(store), "a user is over the quota");
        CHECK(!quiet || user->watchers == NULL, "a user is watched by nobody");
        for (size_t s = 1; s < user->subscription_count; s++) {
            CHECK(strcmp(user->subscriptions[s - 1], user->subscriptions[s]) < 0,
                  "subscriptions are out of order");
        }
    }
}
