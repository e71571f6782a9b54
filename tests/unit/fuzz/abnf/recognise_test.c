/* SPDX-License-Identifier: MIT */
/* What ambiguity costs the recogniser: grammars with exponentially many readings of long inputs.
   The time grows no faster than the square of the length, the memory is the arena's. */
#include "fuzz/abnf/recognise.h"

#include <string.h>
#include <time.h>

#include "tests/support/table.h"

enum { GRAMMAR = 1U << 20, SCRATCH = 96U << 20, LONGEST = 64U << 10 };

static uint64_t grammar_block[GRAMMAR / 8];
static uint64_t scratch_block[SCRATCH / 8];

struct row {
    const char *name;
    const char *grammar; /* its first rule is s */
    const char *repeated;
    const char *end;
    enum abnf_verdict verdict;
    bool limited; /* too deep, or too much, at 64 KiB: that is told, within the arena */
};

static bool open_text(void *context, const char *file, struct span *out)
{
    const struct row *const *row = context;
    *out = span_text((*row)->grammar);
    return strcmp(file, "a.abnf") == 0;
}

/* Seconds of processor time for an input of that length. */
static double measure(const struct row *row, const struct abnf_rule *rule, size_t len,
                      struct arena *arena)
{
    static uint8_t octets[LONGEST];
    size_t step = strlen(row->repeated);
    size_t end = strlen(row->end);
    len = (len - end) / step * step;
    for (size_t i = 0; i < len; i++) {
        octets[i] = (uint8_t)row->repeated[i % step];
    }
    memcpy(octets + len, row->end, end);
    clock_t start = clock();
    struct abnf_result result = abnf_recognise(rule, (struct span){octets, len + end}, arena);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    assert_int_equal(result.verdict, row->limited && len > LONGEST / 8 ? ABNF_LIMIT : row->verdict);
    assert_int_equal(arena->used, 0);
    return seconds;
}

static void check_row(void **state)
{
    const struct row *row = *state;
    struct arena arena;
    struct abnf grammar;
    struct abnf_error error;
    arena_init(&arena, grammar_block, GRAMMAR);
    if (!abnf_load(&grammar, &arena, "a", open_text, &row, &error)) {
        fail_msg("%s", error.text);
    }
    const struct abnf_rule *rule = abnf_rule_find(&grammar, SPAN_LIT("s"));
    arena_init(&arena, scratch_block, SCRATCH);
    double quarter = measure(row, rule, LONGEST / 4, &arena);
    double whole = measure(row, rule, LONGEST, &arena);
    (void)fprintf(stderr, "%s: 16 KiB %.3f s, 64 KiB %.3f s\n", row->name, quarter, whole);
    /* Four times as long: sixteen times the time, or twice that for what falls out of the caches.
       Below a hundredth of a second nothing is told. */
    assert_true(whole < 0.01 || whole <= quarter * 32 + 0.1);
    assert_true(whole < 30);
}

int main(void)
{
    static const struct row rows[] = {
        {"runs of runs", ";!entry\ns = 1*(1*\"x\" [\",\"])\n", "x", "", ABNF_ACCEPTED, false},
        {"runs of runs, wrong at the end", ";!entry\ns = 1*(1*\"x\" [\",\"])\n", "x", "!",
         ABNF_REJECTED, false},
        {"words by rules", ";!entry\ns = 1*w\nw = 1*l\nl = %x61-7A / %x61-7A l2\nl2 = %x61-7A\n",
         "ab", "", ABNF_ACCEPTED, false},
        {"parts of one, two and three", ";!entry\ns = 1*(\"ab\" / \"abab\" / \"ababab\")\n", "ab",
         "", ABNF_ACCEPTED, false},
        {"the same by rules", ";!entry\ns = 1*p\np = q / q q / q q q\nq = \"ab\"\n", "ab", "!",
         ABNF_REJECTED, false},
        {"optional in optional", ";!entry\ns = *([[\"x\"] [\"x\"]] \"x\")\n", "x", "",
         ABNF_ACCEPTED, false},
        {"rest by recursion", ";!entry\ns = \"x\" [s] [s]\n", "x", "", ABNF_LIMIT, false},
    };
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = TABLE_ADD(tests, 0, rows, check_row);
    return table_run("abnf recognise", tests, count);
}
