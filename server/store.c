/* SPDX-License-Identifier: MIT */
#include "server/store.h"

#include <assert.h>

#include "net/memory.h"

struct store {
    struct store_config config;
    char *domain;
    struct user **users;
    size_t user_count;
    uint64_t next_id;
    uint32_t next_uid_validity;
};

static uint64_t or_default(uint64_t value, uint64_t otherwise)
{
    return value == 0 ? otherwise : value;
}

struct store *store_new(const struct store_config *config)
{
    struct store *store = memory_zero(1, sizeof *store);
    store->config = *config;
    store->config.message_octets_max = or_default(config->message_octets_max, 64U << 20);
    store->config.user_octets_max = or_default(config->user_octets_max, 1U << 30);
    store->config.mailbox_messages_max = (size_t)or_default(config->mailbox_messages_max, 1000000);
    store->config.user_mailboxes_max = (size_t)or_default(config->user_mailboxes_max, 10000);
    store->domain =
        memory_text(span_text(config->domain == NULL ? "example.test" : config->domain));
    /* The clock makes UIDVALIDITY greater than in any earlier run. */
    int64_t now = store_now(store);
    store->next_uid_validity = now > 0 && now < UINT32_MAX / 2 ? (uint32_t)now : 1;
    return store;
}

static void user_free(struct user *user)
{
    for (size_t i = 0; i < user->mailbox_count; i++) {
        mailbox_release(&user->mailboxes[i]);
    }
    for (size_t i = 0; i < user->subscription_count; i++) {
        memory_free(user->subscriptions[i]);
    }
    for (size_t i = 0; i < user->keyword_count; i++) {
        memory_free(user->keywords[i]);
    }
    note_free_all(&user->metadata);
    memory_wipe(user->password, strlen(user->password));
    memory_free(user->password);
    memory_free(user->name);
    memory_free(user->mailboxes);
    memory_free(user->subscriptions);
    memory_free(user);
}

void store_free(struct store **store)
{
    if (*store != NULL) {
        for (size_t i = 0; i < (*store)->user_count; i++) {
            user_free((*store)->users[i]);
        }
        memory_free((*store)->users);
        memory_free((*store)->domain);
        memory_free(*store);
        *store = NULL;
    }
}

const char *store_domain(const struct store *store)
{
    return store->domain;
}

uint64_t store_message_octets_max(const struct store *store)
{
    return store->config.message_octets_max;
}

uint64_t store_user_octets_max(const struct store *store)
{
    return store->config.user_octets_max;
}

size_t store_mailbox_messages_max(const struct store *store)
{
    return store->config.mailbox_messages_max;
}

int64_t store_now(const struct store *store)
{
    return store->config.now == NULL ? 0 : store->config.now(store->config.context);
}

uint64_t store_next_id(struct store *store)
{
    return ++store->next_id;
}

/* --- users -------------------------------------------------------------------------------------
 */

struct user *store_user(const struct store *store, struct span name)
{
    for (size_t i = 0; i < store->user_count; i++) {
        if (span_equal(name, span_text(store->users[i]->name))) {
            return store->users[i];
        }
    }
    return NULL;
}

size_t store_user_count(const struct store *store)
{
    return store->user_count;
}

struct user *store_user_at(const struct store *store, size_t index)
{
    return store->users[index];
}

static void add_special_mailboxes(struct user *user)
{
    static const struct {
        const char *name;
        enum special_use use;
    } mailboxes[] = {
        {"INBOX", SPECIAL_NONE}, {"Archive", SPECIAL_ARCHIVE}, {"Drafts", SPECIAL_DRAFTS},
        {"Junk", SPECIAL_JUNK},  {"Sent", SPECIAL_SENT},       {"Trash", SPECIAL_TRASH},
    };
    for (size_t i = 0; i < sizeof mailboxes / sizeof mailboxes[0]; i++) {
        enum store_rc rc = user_create(user, span_text(mailboxes[i].name), mailboxes[i].use, NULL);
        assert(rc == STORE_OK);
        (void)rc;
    }
}

struct user *store_add_user(struct store *store, const char *name, const char *password)
{
    struct user *user = store_user(store, span_text(name));
    if (user != NULL) {
        memory_free(user->password);
        user->password = memory_text(span_text(password));
        return user;
    }
    user = memory_zero(1, sizeof *user);
    user->store = store;
    user->name = memory_text(span_text(name));
    user->password = memory_text(span_text(password));
    store->users = memory_resize(store->users, store->user_count + 1, sizeof(struct user *));
    store->users[store->user_count++] = user;
    add_special_mailboxes(user);
    return user;
}

/* RFC 5321 section 4.1.2: a quoted local part means the same as the unquoted one. */
static size_t unquote(struct span local_part, uint8_t *out, size_t cap)
{
    size_t len = 0;
    bool quoted = local_part.len >= 2 && local_part.ptr[0] == '"';
    size_t end = quoted ? local_part.len - 1 : local_part.len;
    for (size_t i = quoted ? 1 : 0; i < end && len < cap; i++) {
        if (quoted && local_part.ptr[i] == '\\' && i + 1 < end) {
            i++;
        }
        out[len++] = local_part.ptr[i];
    }
    return len;
}

struct user *store_user_of(const struct store *store, struct span local_part)
{
    uint8_t plain[256];
    struct span name = {plain, unquote(local_part, plain, sizeof plain)};
    for (size_t i = 0; i < store->user_count; i++) {
        if (span_equal_nocase(name, span_text(store->users[i]->name))) {
            return store->users[i];
        }
    }
    return span_is(name, "postmaster") && store->user_count != 0 ? store->users[0] : NULL;
}

bool store_is_local_domain(const struct store *store, struct span domain)
{
    return span_is(domain, store->domain);
}

uint32_t store_next_uid_validity(struct store *store)
{
    return store->next_uid_validity++;
}

size_t store_user_mailboxes_max(const struct store *store)
{
    return store->config.user_mailboxes_max;
}
