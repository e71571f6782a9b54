/* SPDX-License-Identifier: MIT */
#include "parsers/core/parse.h"

#include "tests/support/guard.h"
#include "tests/support/table.h"

static const uint64_t base = 1000;

struct number_row {
    const char *name;
    const char *in;
    uint64_t max;
    enum parse_rc rc;
    uint64_t value;
    size_t pos;
};

static const struct number_row number_rows[] = {
    {"number: one digit", "7", 9, PARSE_OK, 7, 1},
    {"number: to the first other octet", "12x", 99, PARSE_OK, 12, 2},
    {"number: leading zeros", "007 ", 9, PARSE_OK, 7, 3},
    {"number: at its limit", "4294967295", UINT32_MAX, PARSE_OK, UINT32_MAX, 10},
    {"number: above its limit", "4294967296", UINT32_MAX, PARSE_BAD, 0, 0},
    {"number: greatest", "18446744073709551615", UINT64_MAX, PARSE_OK, UINT64_MAX, 20},
    {"number: no wrap", "18446744073709551616", UINT64_MAX, PARSE_BAD, 0, 0},
    {"number: no wrap at ten times", "99999999999999999999", UINT64_MAX, PARSE_BAD, 0, 0},
    {"number: digit above a small limit", "5", 4, PARSE_BAD, 0, 0},
    {"number: limit 0", "0", 0, PARSE_OK, 0, 1},
    {"number: none", "x", 9, PARSE_NOMATCH, 0, 0},
    {"number: sign is none", "-1", 9, PARSE_NOMATCH, 0, 0},
    {"number: at the end", "", 9, PARSE_NOMATCH, 0, 0},
};

static void number_is_read(void **state)
{
    const struct number_row *row = *state;
    struct guard guard;
    guard_init(&guard, span_text(row->in));
    struct parse p;
    parse_init(&p, guard.span, base, NULL);
    uint64_t value = 77;
    assert_int_equal(parse_number(&p, row->max, RULE_LIMIT_UNIT, &value), row->rc);
    assert_true(value == (row->rc == PARSE_OK ? row->value : 77));
    if (row->rc == PARSE_BAD) {
        assert_int_equal(p.err.rule, RULE_LIMIT_UNIT);
        assert_int_equal(p.err.off, base);
    } else {
        assert_int_equal(p.pos, row->pos);
        assert_int_equal(p.err.rule, RULE_NONE);
    }
    guard_fini(&guard);
}

struct crlf_row {
    const char *name;
    const char *in;
    enum parse_rc rc;
    uint64_t err_off;
};

static const struct crlf_row crlf_rows[] = {
    {"crlf: there", "\r\n", PARSE_OK, 0},           {"crlf: nothing", "", PARSE_BAD, 0},
    {"crlf: bare LF", "\n", PARSE_BAD, 0},          {"crlf: bare CR", "\r", PARSE_BAD, 1},
    {"crlf: CR CR LF", "\r\r\n", PARSE_BAD, 1},     {"crlf: more behind it", "\r\nx", PARSE_BAD, 2},
    {"crlf: another octet", "x\r\n", PARSE_BAD, 0},
};

static void crlf_ends_the_unit(void **state)
{
    const struct crlf_row *row = *state;
    struct guard guard;
    guard_init(&guard, span_text(row->in));
    struct parse p;
    parse_init(&p, guard.span, base, NULL);
    assert_int_equal(parse_expect_crlf(&p, RULE_LIMIT_UNIT), row->rc);
    assert_int_equal(p.err.rule, row->rc == PARSE_OK ? RULE_NONE : RULE_LIMIT_UNIT);
    assert_int_equal(p.err.off, row->rc == PARSE_OK ? 0 : base + row->err_off);
    guard_fini(&guard);
}

static void cursor_moves_only_on_a_match(void **state)
{
    (void)state;
    struct guard guard;
    guard_init(&guard, SPAN_LIT("aBc12"));
    struct parse p;
    parse_init(&p, guard.span, base, NULL);
    assert_false(parse_octet(&p, 'b'));
    assert_false(PARSE_TEXT(&p, "abd"));
    assert_false(PARSE_TEXT(&p, "abc123"));
    assert_int_equal(p.pos, 0);
    assert_true(parse_octet(&p, 'a'));
    assert_true(PARSE_TEXT(&p, "bC"));
    assert_true(span_is(parse_since(&p, 0), "abc"));
    assert_int_equal(parse_run(&p, CLASS_ALPHA).len, 0);
    assert_int_equal(parse_peek(&p), '1');
    assert_true(span_is(parse_run(&p, CLASS_DIGIT), "12"));
    assert_true(parse_at_end(&p));
    assert_int_equal(parse_left(&p), 0);
    assert_int_equal(parse_peek(&p), -1);
    assert_false(parse_octet(&p, '2'));
    assert_false(PARSE_TEXT(&p, "2"));
    assert_true(PARSE_TEXT(&p, ""));
    guard_fini(&guard);
}

static void farthest_error_is_kept(void **state)
{
    (void)state;
    struct parse p;
    parse_init(&p, SPAN_LIT("abcdef"), base, NULL);
    assert_int_equal(parse_fail_at(&p, 2, RULE_LIMIT_UNIT, "first"), PARSE_BAD);
    assert_int_equal(parse_fail_at(&p, 2, RULE_SMTP_BARE_CR, "same place"), PARSE_BAD);
    assert_int_equal(parse_fail_at(&p, 1, RULE_SMTP_BARE_CR, "before it"), PARSE_BAD);
    assert_string_equal(p.err.expected, "first");
    assert_int_equal(p.err.off, base + 2);
    p.pos = 5;
    assert_int_equal(parse_fail(&p, RULE_SMTP_BARE_CR, "farther"), PARSE_BAD);
    assert_int_equal(p.err.rule, RULE_SMTP_BARE_CR);
    assert_int_equal(p.err.off, base + 5);
    assert_int_equal(parse_fail_at(&p, 3, RULE_LIMIT_ARENA, "fewer parts"), PARSE_BAD);
    assert_int_equal(p.err.rule, RULE_LIMIT_ARENA);
    assert_int_equal(parse_fail(&p, RULE_SMTP_BARE_CR, "farther"), PARSE_BAD);
    assert_string_equal(p.err.expected, "fewer parts");
}

static void offsets_count_gaps(void **state)
{
    (void)state;
    static const struct gap gaps[] = {{3, 10}, {3, 1}, {5, 100}};
    struct parse p;
    parse_init(&p, SPAN_LIT("abcdef"), base, NULL);
    p.gaps = gaps;
    p.gap_count = 3;
    static const uint64_t off[] = {0, 1, 2, 14, 15, 116, 117};
    for (size_t pos = 0; pos < 7; pos++) {
        assert_int_equal(parse_offset(&p, pos), base + off[pos]);
    }
}

static void quirk_is_never_silent(void **state)
{
    (void)state;
    uint8_t block[256];
    struct arena arena;
    arena_init(&arena, block, sizeof block);
    struct parse p;
    parse_init(&p, SPAN_LIT("ab"), base, &arena);
    assert_int_equal(parse_quirk(&p, QUIRK_SMTP_BARE_LF, 1, 1, "CRLF"), PARSE_BAD);
    assert_int_equal(p.err.rule, RULE_SMTP_BARE_LF);
    assert_int_equal(p.err.off, base + 1);
    assert_null(p.deviations);

    parse_init(&p, SPAN_LIT("ab"), base, &arena);
    quirks_add(&p.quirks, QUIRK_SMTP_BARE_LF);
    assert_int_equal(parse_quirk(&p, QUIRK_SMTP_BARE_LF, 1, 1, "one"), PARSE_OK);
    assert_int_equal(parse_quirk(&p, QUIRK_SMTP_BARE_LF, 0, 2, "two"), PARSE_OK);
    assert_int_equal(p.err.rule, RULE_NONE);
    const struct deviation *d = p.deviations;
    assert_non_null(d);
    assert_int_equal(d->quirk, QUIRK_SMTP_BARE_LF);
    assert_int_equal(d->rule, RULE_SMTP_BARE_LF);
    assert_int_equal(d->off, base + 1);
    assert_int_equal(d->len, 1);
    assert_string_equal(d->text, "one");
    assert_string_equal(d->next->text, "two");
    assert_null(d->next->next);
}

static void limits_are_errors(void **state)
{
    (void)state;
    uint8_t block[sizeof(max_align_t) * 2];
    struct arena arena;
    arena_init(&arena, block, sizeof block);
    struct parse p;
    parse_init(&p, SPAN_LIT("ab"), base, &arena);
    p.pos = 1;
    assert_null(parse_take(&p, sizeof block + 1));
    assert_int_equal(p.err.rule, RULE_LIMIT_ARENA);
    assert_int_equal(p.err.off, base + 1);
    parse_init(&p, SPAN_LIT("ab"), base, NULL);
    assert_null(parse_take(&p, 1));
    assert_int_equal(p.err.rule, RULE_LIMIT_ARENA);
}

static void depth_is_spent_and_given_back(void **state)
{
    (void)state;
    struct parse p;
    parse_init(&p, SPAN_LIT("ab"), base, NULL);
    for (int i = 0; i < PARSE_MAX_DEPTH; i++) {
        assert_int_equal(parse_enter(&p), PARSE_OK);
    }
    assert_int_equal(parse_enter(&p), PARSE_BAD);
    assert_int_equal(p.err.rule, RULE_LIMIT_DEPTH);
    parse_leave(&p);
    assert_int_equal(parse_enter(&p), PARSE_OK);
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX] = {
        cmocka_unit_test(cursor_moves_only_on_a_match),
        cmocka_unit_test(farthest_error_is_kept),
        cmocka_unit_test(offsets_count_gaps),
        cmocka_unit_test(quirk_is_never_silent),
        cmocka_unit_test(limits_are_errors),
        cmocka_unit_test(depth_is_spent_and_given_back),
    };
    size_t count = TABLE_ADD(tests, 6, number_rows, number_is_read);
    count = TABLE_ADD(tests, count, crlf_rows, crlf_ends_the_unit);
    return table_run("parsers/core/parse", tests, count);
}
