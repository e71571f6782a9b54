/* SPDX-License-Identifier: MIT */
#include "server/load.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "net/memory.h"
#include "server/store.h"
#include "tests/support/table.h"

#define FILE_NAME POSTEL_BUILD "/load_test.mbox"

struct mbox_row {
    const char *name;
    const char *file;
    const char *messages[3]; /* NULL at the end */
    const char *error;       /* NULL: it loads */
};

static const struct mbox_row mbox_rows[] = {
    {"empty", "", {NULL}, NULL},
    {"one message", "From a@b x\nH: 1\n\nbody\n\n", {"H: 1\r\n\r\nbody\r\n"}, NULL},
    {"without the last empty line", "From a x\nH: 1\n\nbody\n", {"H: 1\r\n\r\nbody\r\n"}, NULL},
    {"without the last line end", "From a x\nH: 1\n\nbody", {"H: 1\r\n\r\nbody\r\n"}, NULL},
    {"CRLF line ends", "From a x\r\nH: 1\r\n\r\nb\r\n\r\n", {"H: 1\r\n\r\nb\r\n"}, NULL},
    {"two messages",
     "From a x\nH: 1\n\none\n\nFrom a x\nH: 2\n\ntwo\n\n",
     {"H: 1\r\n\r\none\r\n", "H: 2\r\n\r\ntwo\r\n"},
     NULL},
    {"From inside a paragraph begins nothing",
     "From a x\nH: 1\n\none\nFrom here on\n\n",
     {"H: 1\r\n\r\none\r\nFrom here on\r\n"},
     NULL},
    {"no mbox", "H: 1\n\nbody\n", {NULL}, FILE_NAME " is no mbox: it does not begin with"},
};

static void write_file(const char *name, const char *text)
{
    FILE *f = fopen(name, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void assert_messages(const struct mailbox *mailbox, const char *const *messages)
{
    size_t count = 0;
    for (; count < 3 && messages[count] != NULL; count++) {
        assert_true(count < mailbox->count);
        struct span got = message_octets(mailbox->messages[count]);
        assert_int_equal(got.len, strlen(messages[count]));
        assert_memory_equal(got.ptr, messages[count], got.len);
    }
    assert_int_equal(mailbox->count, count);
}

static void loads_an_mbox(void **state)
{
    const struct mbox_row *row = *state;
    char *error = NULL;
    struct store_config config = {0};
    struct store *store = store_new(&config);
    struct mailbox *inbox = user_inbox(store_add_user(store, "alice", "x"));
    write_file(FILE_NAME, row->file);
    assert_int_equal(load_mbox(inbox, FILE_NAME, &error), row->error == NULL);
    if (row->error != NULL) {
        assert_non_null(strstr(error, row->error));
        memory_free(error);
    }
    assert_messages(inbox, row->messages);
    store_free(&store);
}

static void loads_a_maildir(void **state)
{
    (void)state;
    char *error = NULL;
    struct store_config config = {0};
    struct store *store = store_new(&config);
    struct mailbox *inbox = user_inbox(store_add_user(store, "alice", "x"));
    static const char *const folders[] = {"", "/cur", "/new", "/tmp"};
    for (size_t i = 0; i < 4; i++) {
        char *path = memory_format(POSTEL_BUILD "/load_test.maildir%s", folders[i]);
        (void)mkdir(path, 0700);
        memory_free(path);
    }
    write_file(POSTEL_BUILD "/load_test.maildir/cur/1.host:2,FS", "H: 1\n\none\n");
    write_file(POSTEL_BUILD "/load_test.maildir/new/2.host", "H: 2\n\ntwo\n");
    static const struct timespec times[2] = {{.tv_sec = 880106106}, {.tv_sec = 880106106}};
    assert_int_equal(
        utimensat(AT_FDCWD, POSTEL_BUILD "/load_test.maildir/cur/1.host:2,FS", times, 0), 0);
    assert_true(load_maildir(inbox, POSTEL_BUILD "/load_test.maildir", &error));
    static const char *const wanted[3] = {"H: 1\r\n\r\none\r\n", "H: 2\r\n\r\ntwo\r\n"};
    assert_messages(inbox, wanted);
    assert_int_equal(inbox->messages[0]->flags.system, FLAG_SEEN | FLAG_FLAGGED);
    assert_int_equal(inbox->messages[0]->internal_date, 880106106);
    assert_int_equal(inbox->messages[1]->flags.system, 0);
    assert_false(load_maildir(inbox, POSTEL_BUILD "/load_test.none", &error));
    assert_non_null(strstr(error, "load_test.none/cur cannot be read"));
    memory_free(error);
    store_free(&store);
}

struct date_row {
    const char *name;
    const char *line; /* the first one of an mbox */
    int64_t date;     /* 0: now, which a store without a clock says is 0 */
};

static const struct date_row date_rows[] = {
    {"a timestamp", "From a@b Fri Nov 21 09:55:06 1997\n", 880106106},
    {"a day of one digit", "From a@b Sat Nov  1 00:00:00 1997\r\n", 878342400},
    {"no day of any month", "From a@b Sat Nov 31 00:00:00 1997\n", 0},
    {"something else", "From a@b by way of someone, and later than sooner\n", 0},
    {"next to nothing", "From x\n", 0},
};

static void dates_an_mbox(void **state)
{
    const struct date_row *row = *state;
    char *error = NULL;
    struct store_config config = {0};
    struct store *store = store_new(&config);
    struct mailbox *inbox = user_inbox(store_add_user(store, "alice", "x"));
    char *file = memory_format("%sH: 1\n\nbody\n", row->line);
    write_file(FILE_NAME, file);
    memory_free(file);
    assert_true(load_mbox(inbox, FILE_NAME, &error));
    assert_int_equal(inbox->count, 1);
    assert_int_equal(inbox->messages[0]->internal_date, row->date);
    store_free(&store);
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX] = {cmocka_unit_test(loads_a_maildir)};
    size_t count = TABLE_ADD(tests, 1, mbox_rows, loads_an_mbox);
    count = TABLE_ADD(tests, count, date_rows, dates_an_mbox);
    return table_run("server/load", tests, count);
}
