/* SPDX-License-Identifier: MIT */
#include "server/mailbox.h"

#include <assert.h>

#include "net/memory.h"
#include "server/store.h"

enum { VANISHED_MAX = 8192 };

struct blob *blob_hold(struct blob *blob)
{
    blob->references++;
    return blob;
}

void blob_release(struct blob **blob)
{
    struct blob *b = *blob;
    *blob = NULL;
    if (b != NULL && --b->references == 0) {
        if (b->parsed != NULL) {
            b->parsed_free(b->parsed);
        }
        memory_free(b);
    }
}

static struct blob *blob_new(struct store *store, struct span octets)
{
    struct blob *blob = memory_alloc(sizeof *blob + octets.len);
    *blob = (struct blob){.references = 1, .id = store_next_id(store), .len = octets.len};
    if (octets.len != 0) {
        memcpy(blob->octets, octets.ptr, octets.len);
    }
    return blob;
}

struct message *message_hold(struct message *message)
{
    message->references++;
    return message;
}

void message_release(struct message **message)
{
    struct message *m = *message;
    *message = NULL;
    if (m != NULL && --m->references == 0) {
        blob_release(&m->blob);
        memory_free(m);
    }
}

struct mailbox *mailbox_new(struct user *user, struct span name, uint64_t id, uint32_t uid_validity)
{
    struct mailbox *mailbox = memory_zero(1, sizeof *mailbox);
    mailbox->references = 1;
    mailbox->user = user;
    mailbox->name = memory_text(name);
    mailbox->id = id;
    mailbox->uid_validity = uid_validity;
    mailbox->uid_next = 1;
    mailbox->recent_from = 1;
    mailbox->modseq = 1;
    return mailbox;
}

struct mailbox *mailbox_hold(struct mailbox *mailbox)
{
    mailbox->references++;
    return mailbox;
}

void mailbox_release(struct mailbox **mailbox)
{
    struct mailbox *m = *mailbox;
    *mailbox = NULL;
    if (m == NULL || --m->references != 0) {
        return;
    }
    for (size_t i = 0; i < m->count; i++) {
        message_release(&m->messages[i]);
    }
    memory_free(m->messages);
    note_free_all(&m->metadata);
    note_free_all(&m->rights);
    memory_free(m->vanished);
    memory_free(m->name);
    memory_free(m);
}

size_t mailbox_lower(const struct mailbox *mailbox, uint32_t uid)
{
    size_t low = 0;
    size_t high = mailbox->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (mailbox->messages[middle]->uid < uid) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct message *mailbox_find(const struct mailbox *mailbox, uint32_t uid)
{
    size_t i = mailbox_lower(mailbox, uid);
    bool found = i < mailbox->count && mailbox->messages[i]->uid == uid;
    return found ? mailbox->messages[i] : NULL;
}

static void notify(struct mailbox *mailbox)
{
    for (struct watcher *watcher = mailbox->watchers; watcher != NULL; watcher = watcher->next) {
        watcher->changed(watcher->context);
    }
    user_changed(mailbox->user);
}

static enum store_rc check_append(const struct mailbox *mailbox, size_t len)
{
    const struct store *store = mailbox->user->store;
    if (mailbox->no_select) {
        return STORE_NO_SELECT;
    }
    if (mailbox->deleted) {
        return STORE_NONEXISTENT;
    }
    if (len > store_message_octets_max(store)) {
        return STORE_TOO_BIG;
    }
    bool full = mailbox->count >= store_mailbox_messages_max(store) ||
                mailbox->uid_next == UINT32_MAX ||
                len > store_user_octets_max(store) - mailbox->user->octets;
    return full ? STORE_OVER_QUOTA : STORE_OK;
}

enum store_rc mailbox_append(struct mailbox *mailbox, const struct message_source *source,
                             struct message **out)
{
    size_t len = source->blob == NULL ? source->octets.len : source->blob->len;
    enum store_rc rc = check_append(mailbox, len);
    if (rc != STORE_OK) {
        return rc;
    }
    struct store *store = mailbox->user->store;
    struct message *message = memory_zero(1, sizeof *message);
    message->references = 1;
    message->uid = mailbox->uid_next++;
    message->modseq = ++mailbox->modseq;
    message->flags = source->flags;
    message->save_date = store_now(store);
    message->internal_date = source->has_date ? source->internal_date : message->save_date;
    message->zone = source->has_date ? source->zone : 0;
    message->blob =
        source->blob == NULL ? blob_new(store, source->octets) : blob_hold(source->blob);
    if (mailbox->count == mailbox->cap) {
        mailbox->cap = mailbox->cap == 0 ? 16 : mailbox->cap * 2;
        mailbox->messages =
            memory_resize(mailbox->messages, mailbox->cap, sizeof(struct message *));
    }
    mailbox->messages[mailbox->count++] = message;
    mailbox->octets += len;
    mailbox->user->octets += len;
    if (out != NULL) {
        *out = message;
    }
    notify(mailbox);
    return STORE_OK;
}

void mailbox_set_flags(struct mailbox *mailbox, struct message *message, struct flags flags)
{
    if (message->expunged ||
        (flags.system == message->flags.system && flags.keywords == message->flags.keywords)) {
        return;
    }
    message->flags = flags;
    message->modseq = ++mailbox->modseq;
    notify(mailbox);
}

static void log_vanished(struct mailbox *mailbox, uint32_t uid)
{
    if (mailbox->vanished_count == VANISHED_MAX) {
        size_t half = VANISHED_MAX / 2;
        mailbox->log_from = mailbox->vanished[half - 1].modseq;
        memmove(mailbox->vanished, mailbox->vanished + half, half * sizeof(struct vanished));
        mailbox->vanished_count = half;
    }
    size_t count = mailbox->vanished_count;
    if (count % 64 == 0) {
        mailbox->vanished = memory_resize(mailbox->vanished, count + 64, sizeof(struct vanished));
    }
    mailbox->vanished[mailbox->vanished_count++] = (struct vanished){uid, mailbox->modseq};
}

void mailbox_expunge(struct mailbox *mailbox, struct message *message)
{
    size_t i = mailbox_lower(mailbox, message->uid);
    if (i == mailbox->count || mailbox->messages[i] != message) {
        return;
    }
    mailbox->count--;
    memmove(mailbox->messages + i, mailbox->messages + i + 1,
            (mailbox->count - i) * sizeof(struct message *));
    message->expunged = true;
    message->modseq = ++mailbox->modseq;
    mailbox->octets -= message->blob->len;
    mailbox->user->octets -= message->blob->len;
    log_vanished(mailbox, message->uid);
    message_release(&message);
    notify(mailbox);
}

size_t mailbox_vanished_after(const struct mailbox *mailbox, uint64_t modseq)
{
    size_t low = 0;
    size_t high = mailbox->vanished_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (mailbox->vanished[middle].modseq <= modseq) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

size_t mailbox_unseen(const struct mailbox *mailbox)
{
    size_t count = 0;
    for (size_t i = 0; i < mailbox->count; i++) {
        count += (mailbox->messages[i]->flags.system & FLAG_SEEN) == 0;
    }
    return count;
}

size_t mailbox_deleted(const struct mailbox *mailbox, uint64_t *out_octets)
{
    size_t count = 0;
    *out_octets = 0;
    for (size_t i = 0; i < mailbox->count; i++) {
        if ((mailbox->messages[i]->flags.system & FLAG_DELETED) != 0) {
            count++;
            *out_octets += mailbox->messages[i]->blob->len;
        }
    }
    return count;
}

void mailbox_watch(struct mailbox *mailbox, struct watcher *watcher)
{
    watcher->next = mailbox->watchers;
    mailbox->watchers = watcher;
}

void mailbox_unwatch(struct mailbox *mailbox, struct watcher *watcher)
{
    struct watcher **at = &mailbox->watchers;
    while (*at != NULL && *at != watcher) {
        at = &(*at)->next;
    }
    if (*at != NULL) {
        *at = watcher->next;
    }
}
