/* SPDX-License-Identifier: MIT */
#include "parsers/core/out.h"

#include "tests/support/table.h"

struct row {
    const char *name;
    uint64_t value;
    unsigned width;
    const char *out;
};

static const struct row rows[] = {
    {"number: 0", 0, 1, "0"},
    {"number: no width is width 1", 0, 0, "0"},
    {"number: 7, two wide", 7, 2, "07"},
    {"number: 42, one wide", 42, 1, "42"},
    {"number: 10, four wide", 10, 4, "0010"},
    {"number: greatest", UINT64_MAX, 1, "18446744073709551615"},
    {"number: greatest, wider", UINT64_MAX, 22, "0018446744073709551615"},
};

static void writes_digits(void **state)
{
    const struct row *row = *state;
    uint8_t block[32];
    struct out out;
    out_init(&out, block, sizeof block);
    out_padded(&out, row->value, row->width);
    assert_true(out_ok(&out));
    assert_true(span_equal(out_span(&out), span_text(row->out)));
    if (row->width <= 1) {
        out_init(&out, block, sizeof block);
        out_number(&out, row->value);
        assert_true(span_equal(out_span(&out), span_text(row->out)));
    }
}

static void write_some(struct out *out)
{
    out_octet(out, 'a');
    out_bytes(out, (struct span){NULL, 0});
    out_bytes(out, SPAN_LIT("b\0c"));
    out_text(out, "de");
    out_text(out, NULL);
}

/* At each capacity: the front of the whole, the length of the whole, nothing behind the end. */
static void full_buffer_sticks(void **state)
{
    (void)state;
    for (size_t cap = 0; cap <= 8; cap++) {
        uint8_t block[8];
        memset(block, '#', sizeof block);
        struct out out;
        out_init(&out, block, cap);
        write_some(&out);
        assert_int_equal(out.len, 6);
        assert_int_equal(out_ok(&out), cap >= 6);
        size_t len = cap < 6 ? cap : 6;
        assert_int_equal(out_span(&out).len, len);
        assert_memory_equal(block, "ab\0cde", len);
        for (size_t i = len; i < sizeof block; i++) {
            assert_int_equal(block[i], '#');
        }
    }
}

static void null_buffer_measures(void **state)
{
    (void)state;
    struct out out;
    out_init(&out, NULL, 0);
    write_some(&out);
    assert_int_equal(out.len, 6);
    assert_false(out_ok(&out));
    assert_int_equal(out_span(&out).len, 0);
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX] = {
        cmocka_unit_test(full_buffer_sticks),
        cmocka_unit_test(null_buffer_measures),
    };
    size_t count = TABLE_ADD(tests, 2, rows, writes_digits);
    return table_run("parsers/core/out", tests, count);
}
