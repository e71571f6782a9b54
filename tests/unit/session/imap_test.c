/* SPDX-License-Identifier: MIT */
#include "session/session.h"

#include "tests/support/table.h"
#include "tests/support/transcript.h"

/* What begins each conversation, so that the rows show what they are about. */
#define GREETED "S: * OK ready\n"
#define LOGGED_IN GREETED "C: l LOGIN a b\nS: l OK done\n"
#define LOGGED_IN_CAPS(caps)                                                                       \
    "S: * OK [CAPABILITY " caps "] ready\nC: l LOGIN a b\nS: l OK [CAPABILITY " caps "] done\n"
#define SELECT_DATA(exists, uidnext)                                                               \
    "S: * FLAGS (\\\\Answered \\\\Flagged \\\\Deleted \\\\Seen \\\\Draft)\nS: * " exists           \
    " EXISTS\nS: * 0 RECENT\n"                                                                     \
    "S: * OK [UIDVALIDITY 7] ok\nS: * OK [UIDNEXT " uidnext "] ok\n"                               \
    "S: * OK [PERMANENTFLAGS (\\\\Seen \\\\Deleted \\\\*)] ok\n"
#define EXAMINE_DATA                                                                               \
    "S: * FLAGS (\\\\Answered \\\\Flagged \\\\Deleted \\\\Seen \\\\Draft)\nS: * 0 EXISTS\n"        \
    "S: * 0 RECENT\nS: * OK [UIDVALIDITY 7] ok\nS: * OK [UIDNEXT 1] ok\n"                          \
    "S: * OK [PERMANENTFLAGS ()] ok\n"
#define SELECTED_WITH(exists, uidnext)                                                             \
    LOGGED_IN "C: s SELECT INBOX\n" SELECT_DATA(exists, uidnext) "S: s OK [READ-WRITE] done\n"
#define SELECTED SELECTED_WITH("3", "10")

struct row {
    const char *name;
    const char *text;
    const char *findings;
};

static const struct row rows[] = {
#include "tests/unit/session/imap_rows.inc"
};

static void check(void **state)
{
    const struct row *row = *state;
    const struct session_config config = {.protocol = PROTOCOL_IMAP};
    transcript_expect(&config, row->text, row->findings);
}

static const struct row excerpts[] = {
#include "tests/unit/session/imap_excerpt_rows.inc"
};

static void check_excerpt(void **state)
{
    const struct row *row = *state;
    const struct session_config config = {.protocol = PROTOCOL_IMAP, .excerpt = true};
    transcript_expect(&config, row->text, row->findings);
}

static void follows_the_mailbox(void **state)
{
    (void)state;
    const struct session_config config = {.protocol = PROTOCOL_IMAP};
    static struct transcript t;
    transcript_run(&t, &config,
                   SELECTED "C: a FETCH 1:3 (UID FLAGS)\n"
                            "S: * 1 FETCH (UID 4 FLAGS (\\\\Seen))\n"
                            "S: * 2 FETCH (UID 5 FLAGS ())\n"
                            "S: * 3 FETCH (UID 9 FLAGS (\\\\Deleted $x))\n"
                            "S: a OK done\n"
                            "C: b EXPUNGE\nS: * 1 EXPUNGE\nS: * 4 EXISTS\nS: b OK done\n"
                            "C: c IDLE\nC: d NOOP\n",
                   0);
    const struct imap_session *imap = &t.session.as.imap;
    const struct imap_view *view = &imap->view;
    assert_int_equal(imap->state, IMAP_STATE_SELECTED);
    assert_int_equal(view->exists, 4);
    assert_int_equal(view->uidvalidity, 7);
    assert_int_equal(imap_view_find(view, 1)->uid, 5);
    assert_int_equal(imap_view_find(view, 2)->uid, 9);
    assert_int_equal(imap_view_find(view, 4)->uid, 0);
    assert_null(imap_view_find(view, 5));
    assert_int_equal(imap_view_number(view, 9), 2);
    assert_true((imap_view_find(view, 2)->flags & 1U << IMAP_FLAG_DELETED) != 0);
    assert_false((imap_view_find(view, 1)->flags & 1U << IMAP_FLAG_SEEN) != 0);
    assert_int_equal(imap->pending_count, 1);
    assert_int_equal(imap->pending[0].type, IMAP_COMMAND_IDLE);
    transcript_fini(&t);
}

static void knows_capabilities(void **state)
{
    (void)state;
    const struct session_config config = {.protocol = PROTOCOL_IMAP};
    static struct transcript t;
    transcript_run(&t, &config, LOGGED_IN_CAPS("IMAP4rev1 thread=REFS MOVE"), 0);
    const struct imap_names *names = &t.session.as.imap.capabilities;
    assert_true(names->known && !names->stale);
    assert_true(imap_names_has(names, SPAN_LIT("move")));
    assert_false(imap_names_has(names, SPAN_LIT("MOV")));
    assert_true(imap_names_has_prefix(names, SPAN_LIT("THREAD=")));
    transcript_fini(&t);
}

/* A mailbox that does not fit is not followed, and nothing is reported because of that. */
static void a_full_memory_is_silent(void **state)
{
    (void)state;
    const struct session_config config = {.protocol = PROTOCOL_IMAP};
    static struct transcript t;
    transcript_run(&t, &config,
                   SELECTED_WITH("4000000000", "4294967295") "C: a FETCH 1 UID\n"
                                                             "S: * 1 FETCH (UID 9)\nS: a OK x\n"
                                                             "C: b FETCH 1 UID\n"
                                                             "S: * 1 FETCH (UID 8)\nS: b OK x\n",
                   0);
    assert_string_equal(t.findings, "");
    assert_true(t.session.as.imap.view.blurred);
    assert_int_equal(t.session.as.imap.view.exists, 4000000000U);
    transcript_fini(&t);
}

static void a_million_messages_fit_in_64_mib(void **state)
{
    (void)state;
    assert_true(1000000 * sizeof(struct imap_message) <= 64U * 1024 * 1024);
}

static struct CMUnitTest tests[TABLE_MAX];

int main(void)
{
    size_t count = TABLE_ADD(tests, 0, rows, check);
    count = TABLE_ADD(tests, count, excerpts, check_excerpt);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(follows_the_mailbox);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(knows_capabilities);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(a_full_memory_is_silent);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(a_million_messages_fit_in_64_mib);
    return table_run("session/imap", tests, count);
}
