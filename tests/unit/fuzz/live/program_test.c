/* SPDX-License-Identifier: MIT */
/* What a fuzzed client may say to a real server, and that it is written down as it is. */
#include "fuzz/live/program.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/live/maker.h"
#include "tests/support/table.h"

struct line {
    const char *text;
    bool wild; /* it was mutated */
    bool stays;
};

static void add(struct program *p, const struct line *line)
{
    struct program_line *to = program_insert(p, p->count);
    assert_non_null(to);
    buffer_text(&to->octets, line->text);
    to->wild = line->wild;
}

static void expect_tamed(enum protocol protocol, const struct line *lines, size_t count)
{
    struct program p = {.protocol = protocol};
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        add(&p, &lines[i]);
    }
    program_tame(&p);
    for (size_t i = 0; i < count; i++) {
        if (lines[i].stays) {
            assert_true(at < p.count);
            assert_true(span_is(buffer_span(&p.lines[at++].octets), lines[i].text));
        }
    }
    assert_int_equal(p.count, at);
    program_fini(&p);
}

#define EXPECT_TAMED(protocol, lines)                                                              \
    expect_tamed(protocol, lines, sizeof(lines) / sizeof(lines)[0])

/* A mutated line names no mailbox that may be the user's, and makes none. */
static void imap_touches_nothing_else(void **state)
{
    static const struct line lines[] = {
        {"CREATE " PROGRAM_SUB "\r\n", false, true},
        {"CREATE " PROGRAM_SUB "x\r\n", true, false},
        {"SELECT InBox\r\n", true, false},
        {"rename a b\r\n", true, false},
        {"NOOP\r\nx DELETE y\r\n", true, false},
        {"FETCH 1 (\r\n", true, true},
        {"STARTTLS\r\n", true, false},
        {"SETACL x y lrs\r\n", true, false},
        {"", true, false},
    };
    (void)state;
    EXPECT_TAMED(PROTOCOL_IMAP, lines);
}

/* Without QUIT nothing is deleted (RFC 1939 section 6). */
static void pop3_deletes_nothing(void **state)
{
    static const struct line lines[] = {{"DELE 1\r\n", false, true},
                                        {"quit\r\n", true, false},
                                        {"DELE 1\r\nQUIT\r\n", true, false}};
    (void)state;
    EXPECT_TAMED(PROTOCOL_POP3, lines);
}

/* A message goes only where the table's own lines send it. */
static void mail_goes_nowhere_else(void **state)
{
    static const struct line own[] = {{"MAIL FROM:<" PROGRAM_SENDER ">\r\n", false, true},
                                      {"RCPT TO:<" PROGRAM_RCPT ">\r\n", false, true},
                                      {"DATA\r\n", false, true},
                                      {"Subject: x\r\n.\r\n", true, true}};
    static const struct line wild[] = {{"MAIL FROM:<" PROGRAM_SENDER ">\r\n", false, true},
                                       {"rcpt TO:<someone@else.example>\r\n", true, true},
                                       {"DATA\r\n", false, false},
                                       {"RSET\r\n", false, true},
                                       {"BDAT 3 LAST\r\nabc", false, false}};
    static const struct line sender[] = {{"MAIL FROM:<x@else.example>\r\n", true, true},
                                         {"RCPT TO:<" PROGRAM_RCPT ">\r\n", false, true},
                                         {"NOOP\r\ndata\r\n", true, false}};
    (void)state;
    EXPECT_TAMED(PROTOCOL_SMTP, own);
    EXPECT_TAMED(PROTOCOL_SMTP, wild);
    EXPECT_TAMED(PROTOCOL_LMTP, sender);
}

/* Whatever is made stays within that. */
static void made_programs_are_tame(void **state)
{
    static const enum protocol protocols[] = {PROTOCOL_SMTP, PROTOCOL_LMTP, PROTOCOL_POP3,
                                              PROTOCOL_IMAP};
    struct maker *maker = maker_new(7);
    struct program *p = calloc(2, sizeof *p);
    (void)state;
    assert_non_null(p);
    for (size_t i = 0; i < 400; i++) {
        maker_make(maker, protocols[i % 4], &p[0]);
        assert_true(p[0].count > 0);
        program_copy(&p[0], &p[1]);
        program_tame(&p[1]);
        assert_int_equal(p[0].count, p[1].count);
        if (i % 3 == 0) {
            maker_keep(maker, &p[0]);
        }
        program_fini(&p[0]);
        program_fini(&p[1]);
    }
    free(p);
    maker_free(&maker);
}

static void octets_are_written_as_they_are(void **state)
{
    static const struct line line = {"a\"b\\\r\n\x80 ${x} $y postelBOX " PROGRAM_RCPT, true, true};
    static const char *const expected =
        "a.C[free]: \"a\\\"b\\\\\\r\\n\\x80 $${x} $y ${box} ${rcpt.good}\"\n";
    struct program p = {.protocol = PROTOCOL_IMAP};
    struct buffer out = {0};
    (void)state;
    add(&p, &line);
    program_write(&p, "fuzz.x", false, &out);
    buffer_append(&out, (struct span){(const uint8_t *)"", 1});
    assert_non_null(strstr((const char *)buffer_span(&out).ptr, expected));
    program_fini(&p);
    buffer_fini(&out);
}

/* Numbers and what is quoted make no answer a new one. */
static void answers_are_told_apart(void **state)
{
    struct maker *maker = maker_new(1);
    (void)state;
    assert_true(maker_hears(maker, SPAN_LIT("a1 NOOP\r\n"), SPAN_LIT("a1 OK done\r\n")));
    assert_false(maker_hears(maker, SPAN_LIT("a27 NOOP\r\n"), SPAN_LIT("a27 OK done\r\n")));
    assert_true(maker_hears(maker, SPAN_LIT("a1 NOOP\r\n"), SPAN_LIT("a1 BAD done\r\n")));
    assert_true(maker_hears(maker, SPAN_LIT("a1 CHECK\r\n"), SPAN_LIT("a1 OK done\r\n")));
    assert_true(maker_hears(maker, SPAN_LIT("DATA\r\n"), SPAN_LIT("250 queued as 00FA12BC77\r\n")));
    assert_false(
        maker_hears(maker, SPAN_LIT("DATA\r\n"), SPAN_LIT("250 queued as 11FB12BC78\r\n")));
    assert_int_equal(maker_heard(maker), 4);
    maker_free(&maker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(imap_touches_nothing_else),      cmocka_unit_test(pop3_deletes_nothing),
        cmocka_unit_test(mail_goes_nowhere_else),         cmocka_unit_test(made_programs_are_tame),
        cmocka_unit_test(octets_are_written_as_they_are), cmocka_unit_test(answers_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
