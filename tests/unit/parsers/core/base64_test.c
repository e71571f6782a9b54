/* SPDX-License-Identifier: MIT */
#include "parsers/core/base64.h"

#include "parsers/core/utf8.h"
#include "tests/support/table.h"

struct row {
    const char *name;
    const char *text;
    size_t valid;      /* octets */
    const char *plain; /* NULL where the text is not valid */
};

static const struct row rows[] = {
    {"empty", "", 0, ""},
    {"one octet", "Zg==", 4, "f"},
    {"two octets", "Zm8=", 4, "fo"},
    {"three octets", "Zm9v", 4, "foo"},
    {"six octets", "Zm9vYmFy", 8, "foobar"},
    {"no padding", "Zm8", 0, NULL},
    {"one digit too many", "Zm9vY", 4, NULL},
    {"pad first", "=AAA", 0, NULL},
    {"pad after one digit", "A===", 1, NULL},
    {"pad in the middle", "AA=A", 3, NULL},
    {"pad too long", "AA===", 4, NULL},
    {"octet outside the alphabet", "Zm9v Zm9v", 4, NULL},
};

static void check_base64(void **state)
{
    const struct row *row = *state;
    struct span text = span_text(row->text);
    assert_int_equal(base64_valid_len(text), row->valid);
    if (row->plain == NULL) {
        assert_true(row->valid < text.len);
        return;
    }
    uint8_t buffer[64];
    struct out o;
    out_init(&o, buffer, sizeof buffer);
    base64_decode(&o, text);
    assert_true(span_equal(out_span(&o), span_text(row->plain)));
    out_init(&o, buffer, sizeof buffer);
    base64_encode(&o, span_text(row->plain));
    assert_true(span_equal(out_span(&o), text));
}

static const struct row utf8_rows[] = {
    {"utf8: ASCII", "abc", 3, ""},
    {"utf8: two octets", "\xC3\xA9", 2, ""},
    {"utf8: four octets", "\xF0\x9F\x98\x80", 4, ""},
    {"utf8: overlong", "a\xC0\xAF", 1, NULL},
    {"utf8: overlong of three", "\xE0\x9F\xBF", 0, NULL},
    {"utf8: surrogate", "\xED\xA0\x80", 0, NULL},
    {"utf8: above U+10FFFF", "\xF4\x90\x80\x80", 0, NULL},
    {"utf8: cut short", "ab\xE2\x82", 2, NULL},
    {"utf8: lone tail", "\x80", 0, NULL},
    {"utf8: Latin-1", "caf\xE9!", 3, NULL},
};

static void check_utf8(void **state)
{
    const struct row *row = *state;
    assert_int_equal(utf8_valid_len(span_text(row->text)), row->valid);
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = TABLE_ADD(tests, 0, rows, check_base64);
    count = TABLE_ADD(tests, count, utf8_rows, check_utf8);
    return table_run("parsers/core/base64", tests, count);
}
