/* SPDX-License-Identifier: MIT */
#include <unistd.h>

#include "net/memory.h"
#include "reports/baseline.h"
#include "tests/support/table.h"

static char *file_make(const char *text)
{
    char *path = memory_text(span_text(POSTEL_BUILD "/baseline.XXXXXX"));
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(close(fd), 0);
    return path;
}

static const struct glob_row {
    const char *name; /* the pattern */
    const char *text;
    bool match;
} globs[] = {
    {"a.b", "a.b", true},      {"a.b", "a.bc", false},
    {"a.*", "a.b.c", true},    {"*", "", true},
    {"a.?", "a.b", true},      {"a.?", "a.", false},
    {"*.b", "a.c.b", true},    {"*b*d", "abcbd", true},
    {"*b*d", "abcbde", false}, {"a[n=7]", "a[n=7]", true},
    {"", "a", false},
};

static void check_glob(void **state)
{
    const struct glob_row *row = *state;
    assert_int_equal(glob_match(row->name, row->text), row->match);
}

static const struct bad_row {
    const char *name;
    const char *text;
    unsigned line;
    unsigned column;
} bad[] = {
    {"one word", "a.b\n", 1, 4},
    {"verdict", "# known\na.b  *  failed  -  why\n", 2, 9},
    {"pass cannot be known", "a.b  *  pass  -  why\n", 1, 9},
    {"date", "a.b  *  fail  2027  why\n", 1, 15},
    {"no reason", "a.b  *  fail  -\n", 1, 16},
};

static void check_bad(void **state)
{
    const struct bad_row *row = *state;
    char *path = file_make(row->text);
    struct baseline baseline;
    struct problems problems = {0};
    assert_false(baseline_load(&baseline, path, "2026-11-20", &problems));
    assert_int_equal(problems.items[0].line, row->line);
    assert_int_equal(problems.items[0].column, row->column);
    assert_int_equal(unlink(path), 0);
    memory_free(path);
    problems_fini(&problems);
    baseline_fini(&baseline);
}

/* One result with one requirement, and a baseline of one line. */
static const struct known_row {
    const char *name;
    const char *line;
    enum verdict verdict;
    bool known;
    bool stale;
} knowns[] = {
    {"same case, any row", "a.b  *  fail  -  why\n", VERDICT_FAIL, true, false},
    {"same row", "a.b[n=7]  *  fail  -  why\n", VERDICT_FAIL, true, false},
    {"other row", "a.b[n=8]  *  fail  -  why\n", VERDICT_FAIL, false, false},
    {"pattern", "a.*  *  fail  -  why\n", VERDICT_FAIL, true, false},
    {"requirement", "a.b  rfc1:1-1  fail  -  why\n", VERDICT_FAIL, true, false},
    {"other requirement", "a.b  rfc1:1-2  fail  -  why\n", VERDICT_FAIL, false, true},
    {"other verdict", "a.b  *  nonstrict  -  why\n", VERDICT_FAIL, false, true},
    {"any verdict", "a.b  *  *  -  why\n", VERDICT_CRASH, true, false},
    {"not yet expired", "a.b  *  fail  2026-11-21  why\n", VERDICT_FAIL, true, false},
    {"expired", "a.b  *  fail  2026-11-20  why\n", VERDICT_FAIL, false, true},
    {"passes now", "a.b  *  fail  -  why\n", VERDICT_PASS, false, true},
    {"not run", "a.b  *  fail  -  why\n", VERDICT_NA, false, false},
    {"other case", "a.c  *  fail  -  why\n", VERDICT_FAIL, false, false},
};

static void check_known(void **state)
{
    const struct known_row *row = *state;
    char *path = file_make(row->line);
    struct baseline baseline;
    struct problems problems = {0};
    assert_true(baseline_load(&baseline, path, "2026-11-20", &problems));
    struct requirement_verdict requirement = {(char[]){"rfc1:1-1"}, LEVEL_MUST, row->verdict};
    struct case_result result = {.id = (char[]){"a.b"},
                                 .row = (char[]){"n=7"},
                                 .verdict = row->verdict,
                                 .requirements = &requirement,
                                 .requirement_count = 1};
    struct run run = {.results = &result, .result_count = 1};
    baseline_apply(&baseline, &run, true);
    assert_int_equal(result.known, row->known);
    assert_int_equal(baseline.entries[0].stale, row->stale);
    assert_int_equal(baseline_stale_count(&baseline), row->stale ? 1 : 0);
    assert_int_equal(unlink(path), 0);
    memory_free(path);
    baseline_fini(&baseline);
}

static void judge_lines_know_findings(void **state)
{
    (void)state;
    char *path = file_make("judge:limit.unit  *  fail  -  long lines\n"
                           "judge:limit.depth  *  fail  -  was there\n");
    struct baseline baseline;
    struct problems problems = {0};
    assert_true(baseline_load(&baseline, path, "2026-11-20", &problems));
    struct run_finding found[] = {{.rule = RULE_LIMIT_UNIT}, {.rule = RULE_LIMIT_ARENA}};
    struct run run = {.findings = found, .finding_count = 2};
    baseline_apply(&baseline, &run, false);
    assert_true(found[0].known);
    assert_false(found[1].known);
    assert_int_equal(baseline_stale_count(&baseline), 0);
    baseline_apply(&baseline, &run, true);
    assert_int_equal(baseline_stale_count(&baseline), 1);
    assert_true(baseline.entries[1].stale);
    assert_int_equal(unlink(path), 0);
    memory_free(path);
    baseline_fini(&baseline);
}

static void update_keeps_and_adds(void **state)
{
    (void)state;
    char *path = file_make("a.b  *  fail  -  issue 812\na.c  *  fail  -  gone\n");
    struct baseline baseline;
    struct problems problems = {0};
    assert_true(baseline_load(&baseline, path, "2026-11-20", &problems));
    struct case_result results[] = {
        {.id = (char[]){"a.b"}, .verdict = VERDICT_FAIL},
        {.id = (char[]){"a.c"}, .verdict = VERDICT_PASS},
        {.id = (char[]){"a.d"},
         .row = (char[]){"n=1"},
         .title = (char[]){"D"},
         .verdict = VERDICT_NONSTRICT},
    };
    struct run run = {.results = results, .result_count = 3};
    baseline_apply(&baseline, &run, true);
    char *text = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&text, &len);
    baseline_write(&baseline, &run, stream);
    assert_int_equal(fclose(stream), 0);
    assert_string_equal(text, "# case[row]  requirement  verdict  until  reason\n"
                              "a.b  *  fail  -  issue 812\n"
                              "a.d[n=1]  *  nonstrict  -  to be reviewed: D\n");
    free(text);
    assert_int_equal(unlink(path), 0);
    memory_free(path);
    baseline_fini(&baseline);
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = 0;
    count = TABLE_ADD(tests, count, globs, check_glob);
    count = TABLE_ADD(tests, count, bad, check_bad);
    count = TABLE_ADD(tests, count, knowns, check_known);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(judge_lines_know_findings);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(update_keeps_and_adds);
    return table_run("baseline", tests, count);
}
