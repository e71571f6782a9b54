/* SPDX-License-Identifier: MIT */
#include "parsers/core/span.h"

#include "tests/support/table.h"

struct sub_row {
    const char *name;
    size_t pos;
    size_t len;
    const char *out;
};

static const struct sub_row sub_rows[] = {
    {"sub: inside", 1, 2, "bc"},         {"sub: all", 0, 4, "abcd"},
    {"sub: cut at the end", 2, 9, "cd"}, {"sub: at the end", 4, 1, ""},
    {"sub: behind the end", 5, 1, ""},   {"sub: nothing", 2, 0, ""},
    {"sub: no wrap", 2, SIZE_MAX, "cd"}, {"sub: no wrap of pos", SIZE_MAX, SIZE_MAX, ""},
};

static void sub_is_cut_to_the_span(void **state)
{
    const struct sub_row *row = *state;
    struct span out = span_sub(SPAN_LIT("abcd"), row->pos, row->len);
    assert_true(span_equal(out, span_text(row->out)));
    assert_true(span_equal(span_sub((struct span){NULL, 0}, row->pos, row->len), SPAN_LIT("")));
}

struct equal_row {
    const char *name;
    const char *a;
    const char *b;
    bool same;
    bool nocase;
    bool starts;
};

static const struct equal_row equal_rows[] = {
    {"equal: same", "abc", "abc", true, true, true},
    {"equal: case", "aBc", "Abc", false, true, true},
    {"equal: shorter", "abc", "ab", false, false, true},
    {"equal: longer", "ab", "abc", false, false, false},
    {"equal: empty", "", "", true, true, true},
    {"equal: starts with nothing", "abc", "", false, false, true},
    {"equal: [ is not {", "[", "{", false, false, false},
    {"equal: @ is not `", "@", "`", false, false, false},
    {"equal: only ASCII letters fold", "\xC4", "\xE4", false, false, false},
};

static void compares(void **state)
{
    const struct equal_row *row = *state;
    struct span a = span_text(row->a);
    struct span b = span_text(row->b);
    assert_int_equal(span_equal(a, b), row->same);
    assert_int_equal(span_equal_nocase(a, b), row->nocase);
    assert_int_equal(span_is(a, row->b), row->nocase);
    assert_int_equal(span_starts_nocase(a, b), row->starts);
}

static void missing_text_is_empty(void **state)
{
    (void)state;
    assert_int_equal(span_text(NULL).len, 0);
    assert_true(span_equal((struct span){NULL, 0}, SPAN_LIT("")));
    assert_int_equal(SPAN_LIT("a\0b").len, 3);
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX] = {cmocka_unit_test(missing_text_is_empty)};
    size_t count = TABLE_ADD(tests, 1, sub_rows, sub_is_cut_to_the_span);
    count = TABLE_ADD(tests, count, equal_rows, compares);
    return table_run("parsers/core/span", tests, count);
}
