/* SPDX-License-Identifier: MIT */
/* Parts of octets and their rules: of what is accepted one whole reading, else what matched before
   the mistake. */
#include "fuzz/abnf/parts.h"

#include <stdio.h>

#include "parsers/core/out.h"
#include "tests/support/table.h"

struct row {
    const char *name; /* grammar */
    const char *in;
    enum abnf_verdict verdict;
    const char *parts; /* those of a reading in their order; else one that must be there */
};

static const char grammar_text[] = ";!entry\n"
                                   "unit = word *(\" \" word) [set] \"!\"\n"
                                   "word = 1*letter / list / 2*3pair / number\n"
                                   "list = \"(\" [word *(\" \" word)] \")\"\n"
                                   "pair = digit digit\n"
                                   "number = 1*digit\n"
                                   "set = \":\" number *(\",\" number)\n"
                                   "letter = %x61-7A\n"
                                   "digit = %x30-39\n";

static bool open_text(void *context, const char *file, struct span *out)
{
    (void)context;
    (void)file;
    *out = span_text(grammar_text);
    return true;
}

static void check_row(void **state)
{
    static uint64_t block[1U << 17];
    static struct abnf_part parts[ABNF_PARTS];
    const struct row *row = *state;
    struct arena arena;
    struct abnf grammar;
    struct abnf_error error;
    arena_init(&arena, block, sizeof block);
    if (!abnf_load(&grammar, &arena, "test", open_text, NULL, &error)) {
        fail_msg("%s", error.text);
    }
    struct span in = span_text(row->in);
    size_t mark = arena_mark(&arena);
    size_t count = 0;
    assert_int_equal(
        abnf_parts(abnf_rule_find(&grammar, SPAN_LIT("unit")), in, &arena, parts, &count),
        row->verdict);
    assert_int_equal(arena_mark(&arena), mark);
    char text[1024];
    struct out out;
    out_init(&out, text, sizeof text - 1);
    for (size_t i = 0; i < count; i++) {
        assert_true(parts[i].from <= parts[i].to && parts[i].to <= in.len);
        const struct abnf_result result = abnf_recognise(
            parts[i].rule, span_sub(in, parts[i].from, parts[i].to - parts[i].from), &arena);
        assert_int_equal(result.verdict, ABNF_ACCEPTED);
        out_bytes(&out, parts[i].rule->name);
        out_octet(&out, '=');
        out_bytes(&out, span_sub(in, parts[i].from, parts[i].to - parts[i].from));
        out_octet(&out, ';');
    }
    assert_true(out_ok(&out));
    text[out.len] = '\0';
    if (row->verdict == ABNF_ACCEPTED) {
        assert_string_equal(text, row->parts);
    } else {
        assert_non_null(strstr(text, row->parts));
    }
}

int main(void)
{
    static const struct row rows[] = {
        {"one word", "ab!", ABNF_ACCEPTED, "unit=ab!;word=ab;"},
        {"words", "a bc!", ABNF_ACCEPTED, "unit=a bc!;word=a;word=bc;"},
        {"nested", "(a (b))!", ABNF_ACCEPTED,
         "unit=(a (b))!;word=(a (b));list=(a (b));word=a;word=(b);list=(b);word=b;"},
        {"an optional part", "a:1,23!", ABNF_ACCEPTED,
         "unit=a:1,23!;word=a;set=:1,23;number=1;number=23;"},
        {"the first alternative", "1234!", ABNF_ACCEPTED, "unit=1234!;word=1234;pair=12;pair=34;"},
        {"another alternative", "123!", ABNF_ACCEPTED, "unit=123!;word=123;number=123;"},
        {"a mistake at the end", "ab (c d)?", ABNF_REJECTED, "list=(c d);"},
        {"a mistake in between", "(a b) ?!", ABNF_REJECTED, "list=(a b);"},
        {"nothing", "", ABNF_REJECTED, ""},
    };
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = TABLE_ADD(tests, 0, rows, check_row);
    return table_run("abnf parts", tests, count);
}
