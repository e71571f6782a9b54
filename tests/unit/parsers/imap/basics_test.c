/* SPDX-License-Identifier: MIT */
/* Strings, sets, mailbox names, dates, sections: the values, not only that they match. */
#include "parsers/imap/date.h"
#include "parsers/imap/flag.h"
#include "parsers/imap/mailbox.h"
#include "parsers/imap/section.h"
#include "parsers/imap/set.h"
#include "parsers/imap/utf7.h"

#include "tests/support/table.h"

enum { TEXT = 256 };

static uint64_t block[512];

static struct parse parse_of(const char *text, struct arena *arena)
{
    struct parse p;
    arena_init(arena, block, sizeof block);
    parse_init(&p, span_text(text), 0, arena);
    return p;
}

static void assert_text(struct span got, const char *expected)
{
    struct span text = span_text(expected);
    assert_int_equal(got.len, text.len);
    if (text.len > 0) {
        assert_memory_equal(got.ptr, text.ptr, text.len);
    }
}

struct string_row {
    const char *name;
    const char *in;
    enum parse_rc rc;
    enum imap_form form;
    const char *meant; /* decoded */
    size_t pos;        /* behind the match, or of the error */
};

static const struct string_row astrings[] = {
    {"astring: atom", "a]b c", PARSE_OK, IMAP_ATOM, "a]b", 3},
    {"astring: NIL is an atom", "NIL", PARSE_OK, IMAP_ATOM, "NIL", 3},
    {"astring: quoted", "\"a b\"", PARSE_OK, IMAP_QUOTED, "a b", 5},
    {"astring: escapes", "\"a\\\"\\\\b\"", PARSE_OK, IMAP_QUOTED, "a\"\\b", 8},
    {"astring: literal", "{3}\r\na\"bc", PARSE_OK, IMAP_LITERAL, "a\"b", 8},
    {"astring: literal with plus", "{3+}\r\nabc", PARSE_OK, IMAP_LITERAL, "abc", 9},
    {"astring: literal with leading zeros", "{003}\r\nabc", PARSE_OK, IMAP_LITERAL, "abc", 10},
    {"astring: empty literal", "{0}\r\n", PARSE_OK, IMAP_LITERAL, "", 5},
    {"astring: no match", "(a", PARSE_NOMATCH, IMAP_ATOM, "", 0},
    {"astring: no match at the end", "", PARSE_NOMATCH, IMAP_ATOM, "", 0},
    {"astring: quoted without end", "\"ab", PARSE_BAD, IMAP_ATOM, "", 3},
    {"astring: CR in quoted", "\"a\rb\"", PARSE_BAD, IMAP_ATOM, "", 2},
    {"astring: wrong escape", "\"a\\b\"", PARSE_BAD, IMAP_ATOM, "", 3},
    {"astring: literal without number", "{}\r\n", PARSE_BAD, IMAP_ATOM, "", 1},
    {"astring: literal without brace", "{3\r\nabc", PARSE_BAD, IMAP_ATOM, "", 2},
    {"astring: literal with LF", "{3}\nabc", PARSE_BAD, IMAP_ATOM, "", 3},
    {"astring: literal too short", "{3}\r\nab", PARSE_BAD, IMAP_ATOM, "", 7},
    {"astring: literal of 2^63", "{9223372036854775808}\r\n", PARSE_BAD, IMAP_ATOM, "", 19},
};

static void reads_astring(void **state)
{
    const struct string_row *row = *state;
    struct arena arena;
    struct parse p = parse_of(row->in, &arena);
    struct imap_string string = {0};
    assert_int_equal(imap_parse_astring(&p, &string), row->rc);
    if (row->rc == PARSE_BAD) {
        assert_int_equal(p.err.off, row->pos);
        return;
    }
    assert_int_equal(p.pos, row->pos);
    if (row->rc == PARSE_OK) {
        uint8_t text[TEXT];
        struct out out;
        assert_int_equal(string.form, row->form);
        out_init(&out, text, sizeof text);
        imap_string_decode(&string, &out);
        assert_text(out_span(&out), row->meant);
        assert_true(imap_string_equal(&string, span_text(row->meant)));
        out_init(&out, text, sizeof text);
        imap_emit_string(&out, &string);
        assert_int_equal(out.len, row->pos);
        assert_memory_equal(text, row->in, row->pos);
    }
}

static void counts_a_cut_literal(void **state)
{
    (void)state;
    struct arena arena;
    struct parse p = parse_of("{100}\r\nabc x", &arena);
    struct gap gap = {10, 97};
    struct imap_string string = {0};
    p.gaps = &gap;
    p.gap_count = 1;
    assert_int_equal(imap_parse_literal(&p, &string), PARSE_OK);
    assert_int_equal(string.count, 100);
    assert_text(string.text, "abc");
    assert_int_equal(parse_offset(&p, p.pos), 107);
}

static void takes_utf8_where_it_is_enabled(void **state)
{
    (void)state;
    struct arena arena;
    struct parse p = parse_of("\"\xC3\xA4\"", &arena);
    struct imap_string string = {0};
    p.profile = IMAP_PROFILE_UTF8;
    assert_int_equal(imap_parse_quoted(&p, &string), PARSE_OK);
    p = parse_of("\"\xC3\"", &arena);
    p.profile = IMAP_PROFILE_UTF8;
    assert_int_equal(imap_parse_quoted(&p, &string), PARSE_BAD);
    assert_int_equal(p.err.rule, RULE_IMAP_QUOTED_8BIT);
    assert_int_equal(p.err.off, 1);
}

static void makes_the_form_that_fits(void **state)
{
    (void)state;
    assert_int_equal(imap_string_make(SPAN_LIT("a b")).form, IMAP_QUOTED);
    assert_int_equal(imap_string_make(SPAN_LIT("a\"b")).form, IMAP_LITERAL);
    assert_int_equal(imap_string_make(SPAN_LIT("a\r\n")).form, IMAP_LITERAL);
    assert_int_equal(imap_string_make(SPAN_LIT("")).form, IMAP_QUOTED);
}

struct set_row {
    const char *name;
    const char *in;
    enum parse_rc rc;
    size_t pos;
    size_t count;
    uint64_t inside; /* with 10 messages */
    uint64_t outside;
};

static const struct set_row sets[] = {
    {"set: one", "5", PARSE_OK, 1, 1, 5, 6},
    {"set: range", "2:4,7 x", PARSE_OK, 5, 2, 3, 5},
    {"set: range downwards", "4:2", PARSE_OK, 3, 1, 3, 5},
    {"set: star", "9:*", PARSE_OK, 3, 1, 10, 8},
    {"set: star before what is above it", "12:*", PARSE_OK, 4, 1, 11, 9},
    {"set: saved", "$", PARSE_OK, 1, 1, 0, 1},
    {"set: saved at the end", "3,$", PARSE_OK, 3, 2, 3, 2},
    {"set: saved in front, which stops it", "$,3", PARSE_OK, 1, 1, 0, 1},
    {"set: largest", "4294967295", PARSE_OK, 10, 1, 4294967295, 1},
    {"set: no match", "x", PARSE_NOMATCH, 0, 0, 0, 0},
    {"set: 0", "0", PARSE_BAD, 0, 0, 0, 0},
    {"set: leading 0", "1,02", PARSE_BAD, 2, 0, 0, 0},
    {"set: comma at the end", "1,", PARSE_BAD, 2, 0, 0, 0},
    {"set: colon at the end", "1:", PARSE_BAD, 2, 0, 0, 0},
    {"set: two commas", "1,,2", PARSE_BAD, 2, 0, 0, 0},
    {"set: too large", "4294967296", PARSE_BAD, 9, 0, 0, 0},
};

static void reads_set(void **state)
{
    const struct set_row *row = *state;
    struct arena arena;
    struct parse p = parse_of(row->in, &arena);
    struct imap_set set = {0};
    assert_int_equal(imap_parse_sequence_set(&p, &set), row->rc);
    assert_int_equal(row->rc == PARSE_BAD ? p.err.off : p.pos, row->pos);
    if (row->rc == PARSE_OK) {
        assert_int_equal(set.count, row->count);
        assert_true(row->inside == 0 || imap_set_has(&set, row->inside, 10));
        assert_false(imap_set_has(&set, row->outside, 10));
    }
}

struct utf7_row {
    const char *name;
    const char *in;
    const char *utf8; /* NULL: not valid */
    size_t bad;
};

static const struct utf7_row utf7s[] = {
    {"utf7: plain", "INBOX.Sent", "INBOX.Sent", 0},
    {"utf7: ampersand", "a&-b", "a&b", 0},
    {"utf7: RFC 3501's example", "~peter/mail/&U,BTFw-/&ZeVnLIqe-",
     "~peter/mail/\xE5\x8F\xB0\xE5\x8C\x97/\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E", 0},
    {"utf7: surrogates", "&2D3eAA-", "\xF0\x9F\x98\x80", 0},
    {"utf7: umlaut", "t&APw-v", "t\xC3\xBCv", 0},
    {"utf7: two shifts with a dash between", "&AOQ--&AOQ-", "\xC3\xA4-\xC3\xA4", 0},
    {"utf7: printing US-ASCII in base64", "&AGE-", NULL, 3},
    {"utf7: superfluous shift", "&U,BTFw-&ZeVnLIqe-", NULL, 8},
    {"utf7: no end", "&AOQ", NULL, 4},
    {"utf7: no end, nothing", "a&", NULL, 2},
    {"utf7: bits left over", "&AOR-", NULL, 4},
    {"utf7: wrong octet", "&A/Q-", NULL, 2},
    {"utf7: lonely surrogate", "&2D0-", NULL, 4},
    {"utf7: octet above 127", "a\xC3\xA4", NULL, 1},
};

static void reads_utf7(void **state)
{
    const struct utf7_row *row = *state;
    uint8_t text[TEXT];
    struct out out;
    size_t bad = 0;
    struct span name = span_text(row->in);
    assert_int_equal(utf7_is_valid(name, &bad), row->utf8 != NULL);
    if (row->utf8 == NULL) {
        assert_int_equal(bad, row->bad);
        return;
    }
    out_init(&out, text, sizeof text);
    utf7_decode(name, &out);
    assert_text(out_span(&out), row->utf8);
    out_init(&out, text, sizeof text);
    utf7_encode(span_text(row->utf8), &out);
    assert_text(out_span(&out), row->in);
}

struct date_row {
    const char *name;
    const char *in;
    enum parse_rc rc;
    int64_t value; /* seconds since 1970, or where it breaks */
};

static const struct date_row dates[] = {
    {"date-time: epoch", "\"01-Jan-1970 00:00:00 +0000\"", PARSE_OK, 0},
    {"date-time: RFC 3501's example", "\"17-Jul-1996 02:44:25 -0700\"", PARSE_OK, 837596665},
    {"date-time: space", "\" 1-Feb-2000 00:00:00 +0100\"", PARSE_OK, 949359600},
    {"date-time: leap day", "\"29-Feb-2000 23:59:60 +0000\"", PARSE_OK, 951868800},
    {"date-time: no leap day", "\"29-Feb-1900 00:00:00 +0000\"", PARSE_BAD, 1},
    {"date-time: minute 60", "\"29-Feb-2000 00:60:00 +0000\"", PARSE_BAD, 16},
    {"date-time: zone of minutes 60", "\"29-Feb-2000 00:00:00 +0060\"", PARSE_BAD, 25},
    {"date-time: no zone", "\"29-Feb-2000 00:00:00\"", PARSE_BAD, 21},
    {"date-time: two-digit year", "\"29-Feb-00 00:00:00 +0000\"", PARSE_BAD, 10},
};

static void reads_date_time(void **state)
{
    const struct date_row *row = *state;
    struct arena arena;
    struct parse p = parse_of(row->in, &arena);
    struct imap_date date = {0};
    assert_int_equal(imap_parse_date_time(&p, &date), row->rc);
    if (row->rc == PARSE_BAD) {
        assert_int_equal(p.err.off, row->value);
        return;
    }
    assert_int_equal(imap_date_seconds(&date), row->value);
    uint8_t text[TEXT];
    struct out out;
    out_init(&out, text, sizeof text);
    date.text = (struct span){0};
    imap_emit_date_time(&out, &date);
    assert_text(span_sub(out_span(&out), 3, 25), row->in + 3);
}

static void reads_section_and_partial(void **state)
{
    (void)state;
    struct arena arena;
    struct parse p = parse_of("[1.20.HEADER.FIELDS (A \"b\")]<5.10>", &arena);
    struct imap_section section = {0};
    struct imap_partial partial = {0};
    assert_int_equal(imap_parse_section(&p, &section), PARSE_OK);
    assert_int_equal(imap_parse_partial(&p, &partial), PARSE_OK);
    assert_int_equal(section.text, IMAP_SECTION_HEADER_FIELDS);
    assert_int_equal(section.headers.count, 2);
    assert_int_equal(partial.first.value, 5);
    assert_int_equal(partial.count, 10);
    struct span rest = section.part;
    uint64_t number = 0;
    assert_true(imap_part_next(&rest, &number));
    assert_int_equal(number, 1);
    assert_true(imap_part_next(&rest, &number));
    assert_int_equal(number, 20);
    assert_false(imap_part_next(&rest, &number));
    p = parse_of("<5.0>", &arena);
    assert_int_equal(imap_parse_partial(&p, &partial), PARSE_BAD);
    assert_int_equal(p.err.off, 3);
}

static void knows_inbox_in_any_form(void **state)
{
    (void)state;
    static const char *const forms[] = {"inbox", "\"InBox\"", "{5}\r\nINBOX"};
    struct imap_mailbox mailbox = {0};
    struct arena arena;
    for (size_t i = 0; i < 3; i++) {
        struct parse p = parse_of(forms[i], &arena);
        assert_int_equal(imap_parse_mailbox(&p, &mailbox), PARSE_OK);
        assert_true(mailbox.inbox);
    }
    struct parse p = parse_of("inbox2", &arena);
    assert_int_equal(imap_parse_mailbox(&p, &mailbox), PARSE_OK);
    assert_false(mailbox.inbox);
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX] = {
        cmocka_unit_test(counts_a_cut_literal),
        cmocka_unit_test(takes_utf8_where_it_is_enabled),
        cmocka_unit_test(makes_the_form_that_fits),
        cmocka_unit_test(reads_section_and_partial),
        cmocka_unit_test(knows_inbox_in_any_form),
    };
    size_t count = TABLE_ADD(tests, 5, astrings, reads_astring);
    count = TABLE_ADD(tests, count, sets, reads_set);
    count = TABLE_ADD(tests, count, utf7s, reads_utf7);
    count = TABLE_ADD(tests, count, dates, reads_date_time);
    return table_run("parsers/imap/basics", tests, count);
}
