/* SPDX-License-Identifier: MIT */
#include "server/store.h"

#include "parsers/core/out.h"
#include "tests/support/table.h"

static int64_t noon(void *context)
{
    (void)context;
    return 1700000000;
}

static struct user *make(struct store **store)
{
    struct store_config config = {
        .now = noon, .message_octets_max = 100, .user_octets_max = 150, .mailbox_messages_max = 4};
    *store = store_new(&config);
    return store_add_user(*store, "alice", "secret1");
}

static enum store_rc append(struct mailbox *mailbox, const char *text)
{
    struct message_source source = {.octets = span_text(text)};
    return mailbox_append(mailbox, &source, NULL);
}

/* The names of all mailboxes, blanks between, \Noselect ones in parentheses. */
static const char *names(const struct user *user)
{
    static char text[1024];
    struct out out;
    out_init(&out, text, sizeof text - 1);
    for (size_t i = 0; i < user->mailbox_count; i++) {
        const struct mailbox *mailbox = user->mailboxes[i];
        out_text(&out, i == 0 ? "" : " ");
        out_text(&out, mailbox->no_select ? "(" : "");
        out_text(&out, mailbox->name);
        out_text(&out, mailbox->no_select ? ")" : "");
    }
    assert_true(out_ok(&out));
    text[out.len] = '\0';
    return text;
}

#define SPECIAL "Archive Drafts INBOX Junk Sent Trash"

struct names_row {
    const char *name;
    const char *create[3];
    const char *delete;
    const char *from;
    const char *to;
    enum store_rc rc; /* of the last step */
    const char *names;
};

static const struct names_row names_rows[] = {
    {"create", {"x"}, NULL, NULL, NULL, STORE_OK, SPECIAL " x"},
    {"create with parents", {"x/y/z"}, NULL, NULL, NULL, STORE_OK, SPECIAL " x x/y x/y/z"},
    {"create with a trailing separator", {"x/"}, NULL, NULL, NULL, STORE_OK, SPECIAL " x"},
    {"create again", {"x", "x"}, NULL, NULL, NULL, STORE_EXISTS, SPECIAL " x"},
    {"create inbox", {"inbox"}, NULL, NULL, NULL, STORE_EXISTS, SPECIAL},
    {"create below inbox",
     {"inbox/x"},
     NULL,
     NULL,
     NULL,
     STORE_OK,
     "Archive Drafts INBOX INBOX/x Junk Sent Trash"},
    {"create without a name", {""}, NULL, NULL, NULL, STORE_BAD_NAME, SPECIAL},
    {"create an empty level", {"x//y"}, NULL, NULL, NULL, STORE_BAD_NAME, SPECIAL},
    {"create with a control", {"x\ty"}, NULL, NULL, NULL, STORE_BAD_NAME, SPECIAL},
    {"delete", {"x"}, "x", NULL, NULL, STORE_OK, SPECIAL},
    {"delete inbox", {"x"}, "INBOX", NULL, NULL, STORE_BAD_NAME, SPECIAL " x"},
    {"delete nothing", {"x"}, "y", NULL, NULL, STORE_NONEXISTENT, SPECIAL " x"},
    {"delete a parent", {"x/y"}, "x", NULL, NULL, STORE_OK, SPECIAL " (x) x/y"},
    {"create a parent again", {"x/y"}, NULL, NULL, NULL, STORE_OK, SPECIAL " x x/y"},
    {"rename", {"x"}, NULL, "x", "y", STORE_OK, SPECIAL " y"},
    {"rename with children",
     {"x/y/z", "xy"},
     NULL,
     "x",
     "w/v",
     STORE_OK,
     SPECIAL " w w/v w/v/y w/v/y/z xy"},
    {"rename to an existing name", {"x", "y"}, NULL, "x", "y", STORE_EXISTS, SPECIAL " x y"},
    {"rename nothing", {"x"}, NULL, "y", "z", STORE_NONEXISTENT, SPECIAL " x"},
    {"rename below itself", {"x"}, NULL, "x", "x/y", STORE_BAD_NAME, SPECIAL " x"},
    {"rename inbox", {"x"}, NULL, "inbox", "y", STORE_OK, SPECIAL " x y"},
};

static void keeps_names(void **state)
{
    const struct names_row *row = *state;
    struct store *store = NULL;
    struct user *user = make(&store);
    enum store_rc rc = STORE_OK;
    for (size_t i = 0; i < 3 && row->create[i] != NULL; i++) {
        rc = user_create(user, span_text(row->create[i]), SPECIAL_NONE, NULL);
    }
    if (row->delete != NULL) {
        rc = user_delete(user, span_text(row->delete));
    }
    if (row->from != NULL) {
        rc = user_rename(user, span_text(row->from), span_text(row->to));
    }
    assert_int_equal(rc, row->rc);
    assert_string_equal(names(user), row->names);
    store_free(&store);
}

static void numbers_messages_and_changes(void **state)
{
    (void)state;
    struct store *store = NULL;
    struct mailbox *inbox = user_inbox(make(&store));
    assert_int_equal(append(inbox, "one"), STORE_OK);
    assert_int_equal(append(inbox, "two"), STORE_OK);
    assert_int_equal(append(inbox, "three"), STORE_OK);
    assert_int_equal(inbox->uid_next, 4);
    assert_int_equal(inbox->octets, 11);
    assert_int_equal(inbox->messages[0]->internal_date, 1700000000);
    uint64_t before = inbox->modseq;
    struct flags seen = {.system = FLAG_SEEN};
    mailbox_set_flags(inbox, mailbox_find(inbox, 1), seen);
    assert_int_equal(inbox->modseq, before + 1);
    mailbox_set_flags(inbox, mailbox_find(inbox, 1), seen);
    assert_int_equal(inbox->modseq, before + 1);
    assert_int_equal(mailbox_unseen(inbox), 2);
    struct message *two = message_hold(mailbox_find(inbox, 2));
    mailbox_expunge(inbox, two);
    assert_null(mailbox_find(inbox, 2));
    assert_int_equal(mailbox_lower(inbox, 2), 1);
    assert_int_equal(inbox->messages[1]->uid, 3);
    assert_int_equal(mailbox_vanished_after(inbox, before), 0);
    assert_int_equal(inbox->vanished[0].uid, 2);
    assert_int_equal(mailbox_vanished_after(inbox, inbox->modseq), 1);
    assert_int_equal(message_octets(two).len, 3);
    assert_int_equal(inbox->octets, 8);
    assert_int_equal(append(inbox, "four"), STORE_OK);
    assert_int_equal(inbox->messages[2]->uid, 4);
    message_release(&two);
    store_free(&store);
}

static void forgets_old_expunges(void **state)
{
    (void)state;
    enum { COUNT = 20000, MOST = 8192 };
    struct store *store = NULL;
    struct mailbox *inbox = user_inbox(make(&store));
    for (uint32_t uid = 1; uid <= COUNT; uid++) {
        assert_int_equal(append(inbox, "one"), STORE_OK);
        mailbox_expunge(inbox, mailbox_find(inbox, uid));
        assert_in_range(inbox->vanished_count, 1, MOST);
    }
    const struct vanished *last = &inbox->vanished[inbox->vanished_count - 1];
    assert_int_equal(last->uid, COUNT);
    /* What is kept follows on what is forgotten. */
    assert_int_equal(inbox->vanished[0].uid + inbox->vanished_count - 1, COUNT);
    assert_true(inbox->log_from != 0 && inbox->log_from < inbox->vanished[0].modseq);
    assert_int_equal(mailbox_vanished_after(inbox, inbox->log_from), 0);
    store_free(&store);
}

static void keeps_its_limits(void **state)
{
    (void)state;
    struct store *store = NULL;
    struct mailbox *inbox = user_inbox(make(&store));
    char text[102];
    memset(text, 'x', sizeof text);
    text[101] = '\0';
    assert_int_equal(append(inbox, text), STORE_TOO_BIG);
    text[100] = '\0';
    assert_int_equal(append(inbox, text), STORE_OK);
    text[51] = '\0';
    assert_int_equal(append(inbox, text), STORE_OVER_QUOTA);
    text[50] = '\0';
    assert_int_equal(append(inbox, text), STORE_OK);
    assert_int_equal(append(inbox, ""), STORE_OK);
    assert_int_equal(append(inbox, ""), STORE_OK);
    assert_int_equal(append(inbox, ""), STORE_OVER_QUOTA);
    store_free(&store);
}

static void gives_a_deleted_name_a_greater_uidvalidity(void **state)
{
    (void)state;
    struct store *store = NULL;
    struct user *user = make(&store);
    struct mailbox *mailbox = NULL;
    assert_int_equal(user_create(user, SPAN_LIT("x"), SPECIAL_NONE, &mailbox), STORE_OK);
    uint32_t before = mailbox->uid_validity;
    struct mailbox *held = mailbox_hold(mailbox);
    assert_int_equal(append(held, "one"), STORE_OK);
    assert_int_equal(user_delete(user, SPAN_LIT("x")), STORE_OK);
    assert_true(held->deleted);
    assert_int_equal(held->count, 0);
    assert_int_equal(append(held, "two"), STORE_NONEXISTENT);
    assert_int_equal(user_create(user, SPAN_LIT("x"), SPECIAL_NONE, &mailbox), STORE_OK);
    assert_true(mailbox->uid_validity > before);
    mailbox_release(&held);
    store_free(&store);
}

static void moves_the_messages_of_a_renamed_inbox(void **state)
{
    (void)state;
    struct store *store = NULL;
    struct user *user = make(&store);
    assert_int_equal(append(user_inbox(user), "one"), STORE_OK);
    assert_int_equal(user_rename(user, SPAN_LIT("INBOX"), SPAN_LIT("old")), STORE_OK);
    assert_int_equal(user_inbox(user)->count, 0);
    assert_int_equal(user_mailbox(user, SPAN_LIT("old"))->count, 1);
    assert_int_equal(user->octets, 3);
    store_free(&store);
}

static void count_change(void *context)
{
    ++*(int *)context;
}

static void tells_watchers(void **state)
{
    (void)state;
    struct store *store = NULL;
    struct user *user = make(&store);
    int mailbox_changes = 0;
    int user_changes = 0;
    struct watcher of_mailbox = {.changed = count_change, .context = &mailbox_changes};
    struct watcher of_user = {.changed = count_change, .context = &user_changes};
    mailbox_watch(user_inbox(user), &of_mailbox);
    user_watch(user, &of_user);
    assert_int_equal(append(user_inbox(user), "one"), STORE_OK);
    assert_int_equal(append(user_mailbox(user, SPAN_LIT("Sent")), "one"), STORE_OK);
    assert_int_equal(mailbox_changes, 1);
    assert_int_equal(user_changes, 2);
    mailbox_unwatch(user_inbox(user), &of_mailbox);
    user_unwatch(user, &of_user);
    assert_int_equal(append(user_inbox(user), "two"), STORE_OK);
    assert_int_equal(mailbox_changes, 1);
    store_free(&store);
}

struct user_row {
    const char *name;
    const char *local_part;
    const char *user; /* NULL: nobody */
};

static const struct user_row user_rows[] = {
    {"as written", "alice", "alice"},
    {"in another case", "Alice", "alice"},
    {"quoted", "\"alice\"", "alice"},
    {"quoted with an escape", "\"al\\ice\"", "alice"},
    {"postmaster is the first", "PostMaster", "alice"},
    {"nobody", "mallory", NULL},
};

static void finds_users(void **state)
{
    const struct user_row *row = *state;
    struct store *store = NULL;
    (void)make(&store);
    const struct user *user = store_user_of(store, span_text(row->local_part));
    if (row->user == NULL) {
        assert_null(user);
    } else {
        assert_non_null(user);
        assert_string_equal(user->name, row->user);
    }
    store_free(&store);
}

static void knows_keywords_and_subscriptions(void **state)
{
    (void)state;
    struct store *store = NULL;
    struct user *user = make(&store);
    assert_int_equal(user_keyword(user, SPAN_LIT("$Junk"), false), 0);
    assert_int_equal(user_keyword(user, SPAN_LIT("$Junk"), true), 1);
    assert_int_equal(user_keyword(user, SPAN_LIT("work"), true), 2);
    assert_int_equal(user_keyword(user, SPAN_LIT("$junk"), true), 1);
    assert_int_equal(user_subscribe(user, SPAN_LIT("inbox")), STORE_OK);
    assert_int_equal(user_subscribe(user, SPAN_LIT("a/b")), STORE_OK);
    assert_int_equal(user_subscribe(user, SPAN_LIT("INBOX")), STORE_OK);
    assert_int_equal(user->subscription_count, 2);
    assert_true(user_is_subscribed(user, SPAN_LIT("InBox")));
    assert_int_equal(user_unsubscribe(user, SPAN_LIT("a/b")), STORE_OK);
    assert_int_equal(user_unsubscribe(user, SPAN_LIT("a/b")), STORE_NONEXISTENT);
    store_free(&store);
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX] = {
        cmocka_unit_test(numbers_messages_and_changes),
        cmocka_unit_test(forgets_old_expunges),
        cmocka_unit_test(keeps_its_limits),
        cmocka_unit_test(gives_a_deleted_name_a_greater_uidvalidity),
        cmocka_unit_test(moves_the_messages_of_a_renamed_inbox),
        cmocka_unit_test(tells_watchers),
        cmocka_unit_test(knows_keywords_and_subscriptions),
    };
    size_t count = TABLE_ADD(tests, 6, names_rows, keeps_names);
    count = TABLE_ADD(tests, count, user_rows, finds_users);
    return table_run("server/store", tests, count);
}
