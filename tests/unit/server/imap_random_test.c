/* SPDX-License-Identifier: MIT */
/* Sessions on the same mailboxes say legal commands in random order; the judge must find nothing
   in what the server answers. */
#include "tests/unit/server/imap_judged.h"

enum { CLIENTS = 3, COMMANDS = 400, RUNS = 12 };

/* %s: a set that is legal now, %u: a UID set, %f: flags, %m: a mailbox name, %k: a search key. */
static const char *const templates[] = {
    "NOOP",
    "CHECK",
    "CAPABILITY",
    "SELECT %m",
    "EXAMINE %m",
    "SELECT INBOX",
    "SELECT INBOX",
    "FETCH %s (FLAGS UID)",
    "FETCH %s (BODY[]<1.7> RFC822.SIZE)",
    "FETCH %s (ENVELOPE BODYSTRUCTURE INTERNALDATE)",
    "FETCH %s BODY.PEEK[HEADER.FIELDS (Subject To)]",
    "FETCH %s (BODY[1] BODY.PEEK[2.MIME] BODY[TEXT] BODY.PEEK[1.1])",
    "FETCH %s FULL",
    "FETCH %s RFC822.HEADER",
    "UID FETCH %u (FLAGS)",
    "UID FETCH %u (UID BODY[HEADER])",
    "STORE %s +FLAGS (%f)",
    "STORE %s -FLAGS.SILENT (%f)",
    "STORE %s FLAGS (%f)",
    "UID STORE %u +FLAGS.SILENT (\\Deleted)",
    "UID STORE %u FLAGS (%f)",
    "EXPUNGE",
    "UID EXPUNGE %u",
    "CLOSE",
    "UNSELECT",
    "COPY %s %m",
    "UID COPY %u %m",
    "MOVE %s %m",
    "UID MOVE %u %m",
    "SEARCH %k",
    "SEARCH %k %k",
    "SEARCH NOT %k",
    "SEARCH OR %k (%k %k)",
    "UID SEARCH CHARSET UTF-8 %k",
    "SEARCH RETURN (MIN MAX COUNT ALL) %k",
    "UID SEARCH RETURN () %k",
    "SEARCH RETURN (SAVE) %k",
    "FETCH $ (FLAGS)",
    "UID STORE $ +FLAGS (\\Seen)",
    "STATUS %m (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN)",
    "STATUS %m (MESSAGES SIZE)",
    "LIST \"\" *",
    "LIST \"\" %%",
    "LIST \"\" (INBOX Tr%%) RETURN (SUBSCRIBED CHILDREN STATUS (MESSAGES))",
    "LIST (SUBSCRIBED RECURSIVEMATCH) \"\" * RETURN (SPECIAL-USE)",
    "LSUB \"\" *",
    "CREATE %m",
    "DELETE a/b",
    "RENAME %m %m",
    "SUBSCRIBE %m",
    "UNSUBSCRIBE %m",
    "APPEND %m (%f) {26+}\r\nSubject: x\r\n\r\n0123456789\r\n",
    "APPEND INBOX {24+}\r\nSubject: x\r\n\r\n0123456789",
    "IDLE\r\nDONE",
    "NAMESPACE",
    "ID NIL",
    "GETQUOTAROOT INBOX",
    "GETQUOTA \"\"",
    "SORT (REVERSE DATE SUBJECT) UTF-8 %k",
    "UID SORT (FROM SIZE) US-ASCII %k",
    "THREAD ORDEREDSUBJECT UTF-8 %k",
    "FETCH %s (BINARY.PEEK[1] BINARY.SIZE[1])",
    "FETCH %s (MODSEQ)",
    "UID FETCH %u (FLAGS) (CHANGEDSINCE 3)",
    "STORE %s (UNCHANGEDSINCE 9) +FLAGS.SILENT (%f)",
    "UID STORE %u (UNCHANGEDSINCE 5) FLAGS (%f)",
    "SELECT INBOX (CONDSTORE)",
    "STATUS INBOX (HIGHESTMODSEQ)",
    "SEARCH MODSEQ 5",
    "SEARCH RETURN (MIN MAX) MODSEQ 5",
};

static const char *const names[] = {"INBOX", "a/b", "a", "Trash", "\"x y\"", "&AOQ-"};
static const char *const flag_lists[] = {"\\Seen",       "\\Deleted \\Flagged", "$one",
                                         "\\Answered x", "\\Draft $two",        ""};
static const char *const keys[] = {
    "ALL",
    "SEEN",
    "UNSEEN",
    "DELETED",
    "RECENT",
    "NEW",
    "OLD",
    "KEYWORD $one",
    "SUBJECT x",
    "BODY 345",
    "TEXT inner",
    "FROM a",
    "HEADER To \"\"",
    "LARGER 30",
    "SMALLER 100",
    "ON 1-Jan-1970",
    "SINCE 1-Jan-1970",
    "UID 1:*",
    "SENTBEFORE 2-Feb-2020",
    "UNDRAFT",
    "OLDER 100",
    "YOUNGER 100",
};

static uint32_t seed;

static size_t pick(size_t count)
{
    seed = seed * 1664525U + 1013904223U;
    return (seed >> 8) % count;
}

static void add(struct buffer *out, const char *text)
{
    buffer_text(out, text);
}

#define PICK(list) (list)[pick(sizeof(list) / sizeof(list)[0])]

static void add_set(struct buffer *out, size_t count)
{
    char text[64];
    size_t a = pick(count) + 1;
    size_t b = pick(count) + 1;
    switch (pick(4)) {
    case 0:
        (void)snprintf(text, sizeof text, "%zu", a);
        break;
    case 1:
        (void)snprintf(text, sizeof text, "%zu:%zu", a, b);
        break;
    case 2:
        (void)snprintf(text, sizeof text, "%zu,%zu", a, b);
        break;
    default:
        (void)snprintf(text, sizeof text, "%zu:*", a);
        break;
    }
    add(out, text);
}

static void expand(struct buffer *out, const char *template, const struct judged *j)
{
    const struct imap_view *view = &j->session.as.imap.view;
    size_t exists = view->exists == 0 ? 1 : (size_t)view->exists;
    for (; *template != '\0'; template ++) {
        if (*template != '%') {
            buffer_append(out, (struct span){(const uint8_t *)template, 1});
            continue;
        }
        template ++;
        if (*template == 's') {
            add_set(out, exists);
        } else if (*template == 'u') {
            add_set(out, 60);
        } else if (*template == 'f') {
            add(out, PICK(flag_lists));
        } else if (*template == 'm') {
            add(out, PICK(names));
        } else if (*template == 'k') {
            add(out, PICK(keys));
        } else {
            add(out, "%");
        }
    }
}

static const char *const messages[] = {
    "From: A <a@b.example>\r\nTo: g: c@d.example;\r\nSubject: =?utf-8?q?=C3=BC?=\r\n"
    "Date: Fri, 21 Nov 1997 09:55:06 -0600\r\n\r\nbody 12345\r\n",
    "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n"
    "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nin \303\274\r\n--b--\r\n",
    "Subject: x\r\n\r\n",
};

static void answers_legal_commands_legally(void **state)
{
    (void)state;
    for (unsigned run = 0; run < RUNS; run++) {
        seed = run * 7919 + 1;
        struct store *store = store_new(&(struct store_config){0});
        struct user *alice = store_add_user(store, "alice", "secret1");
        for (size_t i = 0; i < 6; i++) {
            struct message_source source = {.octets = span_text(messages[i % 3])};
            assert_int_equal(mailbox_append(user_inbox(alice), &source, NULL), STORE_OK);
        }
        struct service_config config = {.store = store};
        static struct judged clients[CLIENTS];
        for (size_t i = 0; i < CLIENTS; i++) {
            judged_open(&clients[i], &config);
            judged_say(&clients[i], SPAN_LIT("l LOGIN alice secret1\r\n"), SIZE_MAX);
            if (i == 1) {
                judged_say(&clients[i], SPAN_LIT("e ENABLE CONDSTORE\r\n"), SIZE_MAX);
            } else if (i == 2) {
                judged_say(&clients[i], SPAN_LIT("e ENABLE QRESYNC\r\n"), SIZE_MAX);
            }
            judged_say(&clients[i], SPAN_LIT("s SELECT INBOX\r\n"), SIZE_MAX);
        }
        for (unsigned n = 0; n < COMMANDS; n++) {
            struct judged *j = &clients[pick(CLIENTS)];
            struct buffer command = {0};
            char tag[16];
            (void)snprintf(tag, sizeof tag, "t%u ", n);
            add(&command, tag);
            expand(&command, PICK(templates), j);
            add(&command, "\r\n");
            judged_say(j, buffer_span(&command), pick(4) == 0 ? 5 : SIZE_MAX);
            if (j->server_findings != 0) {
                print_error("run %u command: %.*s\n", run, (int)command.len,
                            (const char *)buffer_span(&command).ptr);
            }
            buffer_fini(&command);
            assert_int_equal(j->server_findings, 0);
            assert_int_equal(j->pending.len, 0);
            buffer_drop(&j->out, j->out.len);
        }
        for (size_t i = 0; i < CLIENTS; i++) {
            judged_say(&clients[i], SPAN_LIT("z LOGOUT\r\n"), SIZE_MAX);
            assert_int_equal(clients[i].service->next, SERVICE_CLOSE);
            judged_close(&clients[i]);
        }
        store_free(&store);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(answers_legal_commands_legally)};
    return table_run("server/imap random", tests, 1);
}
