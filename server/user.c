/* SPDX-License-Identifier: MIT */
/* A user's mailboxes, subscriptions and keywords. */
#include <assert.h>

#include "net/memory.h"
#include "server/store.h"

static int compare(struct span a, struct span b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.ptr, b.ptr, len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* INBOX is the same in any case, also as the first level of a longer name. */
static struct span canonical(struct span name, uint8_t copy[STORE_NAME_MAX])
{
    static const char inbox[] = "INBOX";
    bool is_inbox = name.len >= 5 && name.len <= STORE_NAME_MAX &&
                    span_is(span_sub(name, 0, 5), inbox) && (name.len == 5 || name.ptr[5] == '/');
    if (!is_inbox) {
        return name;
    }
    memcpy(copy, name.ptr, name.len);
    memcpy(copy, inbox, 5);
    return (struct span){copy, name.len};
}

size_t user_mailbox_lower(const struct user *user, struct span name)
{
    size_t low = 0;
    size_t high = user->mailbox_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(span_text(user->mailboxes[middle]->name), name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct mailbox *find(const struct user *user, struct span name)
{
    size_t i = user_mailbox_lower(user, name);
    bool found = i < user->mailbox_count && span_equal(span_text(user->mailboxes[i]->name), name);
    return found ? user->mailboxes[i] : NULL;
}

struct mailbox *user_mailbox(const struct user *user, struct span name)
{
    uint8_t copy[STORE_NAME_MAX];
    return find(user, canonical(name, copy));
}

struct mailbox *user_inbox(const struct user *user)
{
    return find(user, SPAN_LIT("INBOX"));
}

static bool is_below(struct span name, struct span parent)
{
    return name.len > parent.len && name.ptr[parent.len] == '/' &&
           span_equal(span_sub(name, 0, parent.len), parent);
}

bool mailbox_has_children(const struct mailbox *mailbox)
{
    const struct user *user = mailbox->user;
    struct span name = span_text(mailbox->name);
    for (size_t i = user_mailbox_lower(user, name); i < user->mailbox_count; i++) {
        struct span other = span_text(user->mailboxes[i]->name);
        if (is_below(other, name)) {
            return true;
        }
        if (!span_starts_nocase(other, name)) {
            return false;
        }
    }
    return false;
}

static void insert(struct user *user, struct mailbox *mailbox)
{
    size_t i = user_mailbox_lower(user, span_text(mailbox->name));
    user->mailboxes =
        memory_resize(user->mailboxes, user->mailbox_count + 1, sizeof(struct mailbox *));
    memmove(user->mailboxes + i + 1, user->mailboxes + i,
            (user->mailbox_count - i) * sizeof(struct mailbox *));
    user->mailboxes[i] = mailbox;
    user->mailbox_count++;
}

/* Takes the mailbox out of the list; the reference is the caller's. */
static void take_out(struct user *user, struct mailbox *mailbox)
{
    size_t i = user_mailbox_lower(user, span_text(mailbox->name));
    assert(i < user->mailbox_count && user->mailboxes[i] == mailbox);
    user->mailbox_count--;
    memmove(user->mailboxes + i, user->mailboxes + i + 1,
            (user->mailbox_count - i) * sizeof(struct mailbox *));
}

/* RFC 6855 section 3: what no mailbox name holds: U+0000 to U+001F, U+007F to U+009F, U+2028 and
   U+2029. */
static bool is_control(struct span rest)
{
    struct span separator = span_sub(rest, 0, 3);
    return rest.ptr[0] < 0x20 || rest.ptr[0] == 0x7f ||
           (rest.ptr[0] == 0xc2 && rest.len > 1 && rest.ptr[1] < 0xa0) ||
           span_equal(separator, SPAN_LIT("\xe2\x80\xa8")) ||
           span_equal(separator, SPAN_LIT("\xe2\x80\xa9"));
}

static bool is_name(struct span name)
{
    size_t levels = 1;
    if (name.len == 0 || name.len > STORE_NAME_MAX || name.ptr[0] == '/') {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        bool separator = name.ptr[i] == '/';
        if (is_control(span_from(name, i)) ||
            (separator && (i + 1 == name.len || name.ptr[i + 1] == '/'))) {
            return false;
        }
        levels += separator;
    }
    return levels <= STORE_LEVELS_MAX;
}

/* One mailbox, whose parents are there. */
static struct mailbox *create_one(struct user *user, struct span name)
{
    struct store *store = user->store;
    struct mailbox *mailbox =
        mailbox_new(user, name, store_next_id(store), store_next_uid_validity(store));
    insert(user, mailbox);
    return mailbox;
}

static void create_parents(struct user *user, struct span name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '/' && find(user, span_sub(name, 0, i)) == NULL) {
            (void)create_one(user, span_sub(name, 0, i));
        }
    }
}

enum store_rc user_create(struct user *user, struct span name, uint32_t special_use,
                          struct mailbox **out)
{
    uint8_t copy[STORE_NAME_MAX];
    if (name.len > 1 && name.ptr[name.len - 1] == '/') {
        name.len--;
    }
    name = canonical(name, copy);
    if (!is_name(name)) {
        return STORE_BAD_NAME;
    }
    struct mailbox *mailbox = find(user, name);
    if (mailbox != NULL && !mailbox->no_select) {
        return STORE_EXISTS;
    }
    if (user->mailbox_count + STORE_LEVELS_MAX > store_user_mailboxes_max(user->store)) {
        return STORE_OVER_QUOTA;
    }
    if (mailbox == NULL) {
        create_parents(user, name);
        mailbox = create_one(user, name);
    } else {
        mailbox->no_select = false;
        mailbox->uid_validity = store_next_uid_validity(user->store);
        mailbox->uid_next = 1;
        mailbox->recent_from = 1;
    }
    mailbox->special_use = special_use;
    if (out != NULL) {
        *out = mailbox;
    }
    user_changed(user);
    return STORE_OK;
}

static void expunge_all(struct mailbox *mailbox)
{
    while (mailbox->count != 0) {
        mailbox_expunge(mailbox, mailbox->messages[mailbox->count - 1]);
    }
}

enum store_rc user_delete(struct user *user, struct span name)
{
    struct mailbox *mailbox = user_mailbox(user, name);
    if (mailbox == NULL) {
        return STORE_NONEXISTENT;
    }
    if (mailbox == user_inbox(user)) {
        return STORE_BAD_NAME;
    }
    bool parent = mailbox_has_children(mailbox);
    if (parent && mailbox->no_select) {
        return STORE_HAS_CHILDREN;
    }
    if (!parent) {
        expunge_all(mailbox);
        take_out(user, mailbox);
        mailbox->deleted = true;
        mailbox_release(&mailbox);
    } else {
        /* Sessions that have it selected go on with the old object; the name gets a new one. */
        char *kept = memory_text(span_text(mailbox->name));
        expunge_all(mailbox);
        take_out(user, mailbox);
        mailbox->deleted = true;
        mailbox_release(&mailbox);
        create_one(user, span_text(kept))->no_select = true;
        memory_free(kept);
    }
    user_changed(user);
    return STORE_OK;
}

static enum store_rc rename_inbox(struct user *user, struct span to)
{
    struct mailbox *target = NULL;
    struct mailbox *inbox = user_inbox(user);
    enum store_rc rc = user_create(user, to, SPECIAL_NONE, &target);
    for (size_t i = 0; rc == STORE_OK && i < inbox->count; i++) {
        const struct message *message = inbox->messages[i];
        struct message_source source = {.blob = message->blob,
                                        .flags = message->flags,
                                        .has_date = true,
                                        .internal_date = message->internal_date,
                                        .zone = message->zone};
        rc = mailbox_append(target, &source, NULL);
    }
    if (rc == STORE_OK) {
        expunge_all(inbox);
    }
    return rc;
}

/* Gives one mailbox the name that it has behind `from`, behind `to`. */
static void rename_one(struct user *user, struct mailbox *mailbox, size_t from_len, struct span to)
{
    take_out(user, mailbox);
    struct span tail = span_from(span_text(mailbox->name), from_len);
    uint8_t *name = memory_alloc(to.len + tail.len + 1);
    memcpy(name, to.ptr, to.len);
    memcpy(name + to.len, tail.ptr, tail.len);
    name[to.len + tail.len] = '\0';
    memory_free(mailbox->name);
    mailbox->name = (char *)name;
    /* RFC 3501 section 2.3.1.1: the name may have stood for a mailbox with a greater one. */
    mailbox->uid_validity = store_next_uid_validity(user->store);
    insert(user, mailbox);
}

/* The next mailbox at or below this name, or NULL. */
static struct mailbox *next_to_rename(const struct user *user, struct span from)
{
    for (size_t i = user_mailbox_lower(user, from); i < user->mailbox_count; i++) {
        struct span name = span_text(user->mailboxes[i]->name);
        if (span_equal(name, from) || is_below(name, from)) {
            return user->mailboxes[i];
        }
        if (!span_starts_nocase(name, from)) {
            return NULL;
        }
    }
    return NULL;
}

enum store_rc user_rename(struct user *user, struct span from, struct span to)
{
    uint8_t to_copy[STORE_NAME_MAX];
    uint8_t from_copy[STORE_NAME_MAX];
    struct mailbox *mailbox = user_mailbox(user, from);
    if (to.len > 1 && to.ptr[to.len - 1] == '/') {
        to.len--;
    }
    to = canonical(to, to_copy);
    if (mailbox == NULL) {
        return STORE_NONEXISTENT;
    }
    if (!is_name(to) || is_below(to, span_text(mailbox->name))) {
        return STORE_BAD_NAME;
    }
    if (find(user, to) != NULL) {
        return STORE_EXISTS;
    }
    if (mailbox == user_inbox(user)) {
        return rename_inbox(user, to);
    }
    /* The names of the mailboxes are about to change under these spans. */
    from = canonical(from, from_copy);
    if (from.ptr != from_copy) {
        memcpy(from_copy, from.ptr, from.len);
        from.ptr = from_copy;
    }
    create_parents(user, to);
    while ((mailbox = next_to_rename(user, from)) != NULL) {
        rename_one(user, mailbox, from.len, to);
    }
    user_changed(user);
    return STORE_OK;
}

/* --- subscriptions, keywords, watchers ---------------------------------------------------------
 */

static size_t subscription_lower(const struct user *user, struct span name)
{
    size_t i = 0;
    while (i < user->subscription_count && compare(span_text(user->subscriptions[i]), name) < 0) {
        i++;
    }
    return i;
}

static bool is_at(const struct user *user, size_t i, struct span name)
{
    return i < user->subscription_count && span_equal(span_text(user->subscriptions[i]), name);
}

enum store_rc user_subscribe(struct user *user, struct span name)
{
    uint8_t copy[STORE_NAME_MAX];
    name = canonical(name, copy);
    if (!is_name(name)) {
        return STORE_BAD_NAME;
    }
    size_t i = subscription_lower(user, name);
    if (is_at(user, i, name)) {
        return STORE_OK;
    }
    if (user->subscription_count >= store_user_mailboxes_max(user->store)) {
        return STORE_OVER_QUOTA;
    }
    user->subscriptions =
        memory_resize(user->subscriptions, user->subscription_count + 1, sizeof(char *));
    memmove(user->subscriptions + i + 1, user->subscriptions + i,
            (user->subscription_count - i) * sizeof(char *));
    user->subscriptions[i] = memory_text(name);
    user->subscription_count++;
    return STORE_OK;
}

enum store_rc user_unsubscribe(struct user *user, struct span name)
{
    uint8_t copy[STORE_NAME_MAX];
    name = canonical(name, copy);
    size_t i = subscription_lower(user, name);
    if (!is_at(user, i, name)) {
        return STORE_NONEXISTENT;
    }
    memory_free(user->subscriptions[i]);
    user->subscription_count--;
    memmove(user->subscriptions + i, user->subscriptions + i + 1,
            (user->subscription_count - i) * sizeof(char *));
    return STORE_OK;
}

bool user_is_subscribed(const struct user *user, struct span name)
{
    uint8_t copy[STORE_NAME_MAX];
    name = canonical(name, copy);
    return is_at(user, subscription_lower(user, name), name);
}

uint64_t user_keyword(struct user *user, struct span keyword, bool create)
{
    for (size_t i = 0; i < user->keyword_count; i++) {
        if (span_equal_nocase(keyword, span_text(user->keywords[i]))) {
            return (uint64_t)1 << i;
        }
    }
    if (!create || user->keyword_count == STORE_KEYWORDS_MAX) {
        return 0;
    }
    user->keywords[user->keyword_count] = memory_text(keyword);
    return (uint64_t)1 << user->keyword_count++;
}

void user_watch(struct user *user, struct watcher *watcher)
{
    watcher->next = user->watchers;
    user->watchers = watcher;
}

void user_unwatch(struct user *user, struct watcher *watcher)
{
    struct watcher **at = &user->watchers;
    while (*at != NULL && *at != watcher) {
        at = &(*at)->next;
    }
    if (*at != NULL) {
        *at = watcher->next;
    }
}

void user_changed(struct user *user)
{
    for (struct watcher *watcher = user->watchers; watcher != NULL; watcher = watcher->next) {
        watcher->changed(watcher->context);
    }
}
