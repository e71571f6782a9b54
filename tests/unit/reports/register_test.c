/* SPDX-License-Identifier: MIT */
#include <sys/stat.h>
#include <unistd.h>

#include "net/memory.h"
#include "reports/coverage.h"
#include "tests/support/table.h"

static void shipped_registers_load(void **state)
{
    (void)state;
    struct requirement_register reg;
    struct problems problems = {0};
    register_load(&reg, POSTEL_SOURCE "/scenarios/requirements", true, &problems);
    problems_print(&problems, stderr);
    assert_int_equal(problems.count, 0);
    assert_true(reg.count > 3000);
    const struct requirement *item = register_find(&reg, "rfc2920:3.2-1");
    assert_non_null(item);
    assert_int_equal(item->rfc, 2920);
    assert_string_equal(item->section, "3.2");
    assert_int_equal(item->level, LEVEL_MUST);
    assert_int_equal(item->party, PARTY_SERVER);
    assert_false(item->lower_case);
    item = register_find(&reg, "rfc1939:5-5");
    assert_non_null(item);
    assert_true(item->lower_case);
    assert_int_equal(item->level, LEVEL_MUST);
    assert_null(register_find(&reg, "rfc2920:3.2-999"));
    assert_null(register_find(&reg, ""));
    register_fini(&reg);
    problems_fini(&problems);
}

static void file_write(const char *folder, const char *name, const char *text)
{
    char *path = memory_format("%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    memory_free(path);
}

static char *folder_make(const char *text)
{
    char *folder = memory_text(span_text(POSTEL_BUILD "/register.XXXXXX"));
    assert_non_null(mkdtemp(folder));
    char *inner = memory_format("%s/rfc", folder);
    assert_int_equal(mkdir(inner, 0700), 0);
    file_write(folder, "rfc7.req", text);
    file_write(inner, "rfc7.txt",
               "   The server MUST answer\n\n\n"
               "Author                     Standards Track                    [Page 1]\n\f\n"
               "RFC 7               A Protocol of Seven Lines             October 2008\n\n\n"
               "   each command.  It SHOULD say \"so\".\n");
    memory_free(inner);
    return folder;
}

static void folder_remove(char *folder)
{
    static const char *const names[] = {"/rfc/rfc7.txt", "/rfc7.req"};
    for (size_t i = 0; i < 2; i++) {
        char *path = memory_format("%s%s", folder, names[i]);
        assert_int_equal(unlink(path), 0);
        memory_free(path);
    }
    char *inner = memory_format("%s/rfc", folder);
    assert_int_equal(rmdir(inner), 0);
    assert_int_equal(rmdir(folder), 0);
    memory_free(inner);
    memory_free(folder);
}

static const struct bad_row {
    const char *name;
    const char *text;
    unsigned line;
    unsigned column;
} bad[] = {
    {"id of another RFC", "rfc8:1-1  MUST  server\n", 1, 1},
    {"id without number", "rfc7:1  MUST  server\n", 1, 1},
    {"level", "rfc7:1-1  WILL  server\n", 1, 11},
    {"party", "rfc7:1-1  MUST  all\n", 1, 17},
    {"one blank", "rfc7:1-1  MUST server\n", 1, 11},
    {"quote not in the text", "rfc7:1-1  MUST  server\n  \"MUST not answer\"\n  test wire\n", 2, 3},
    {"quote not closed", "rfc7:1-1  MUST  server\n  \"MUST answer\n  test wire\n", 2, 15},
    {"two quotes", "rfc7:1-1  MUST  server\n  \"MUST\"\n  \"MUST\"\n  test wire\n", 3, 3},
    {"no quote", "rfc7:1-1  MUST  server\n  test wire\n", 1, 0},
    {"no test", "rfc7:1-1  MUST  server\n  \"MUST answer\"\n", 1, 0},
    {"test", "rfc7:1-1  MUST  server\n  \"MUST answer\"\n  test wired\n", 3, 8},
    {"other line", "rfc7:1-1  MUST  server\n  see there\n", 2, 3},
};

static void check_bad(void **state)
{
    const struct bad_row *row = *state;
    char *folder = folder_make(row->text);
    struct requirement_register reg;
    struct problems problems = {0};
    register_load(&reg, folder, true, &problems);
    assert_true(problems.count > 0);
    assert_int_equal(problems.items[0].line, row->line);
    assert_int_equal(problems.items[0].column, row->column);
    register_fini(&reg);
    problems_fini(&problems);
    folder_remove(folder);
}

static const char good[] = "# comment\n"
                           "rfc7:1-1  MUST  server\n"
                           "  \"The server MUST answer each command.\"\n"
                           "  test wire   same-as rfc7:1.2-2   judge core.answer\n\n"
                           "rfc7:1.2-2  should not  client\n"
                           "  \"SHOULD say \"so\"\"\n"
                           "  test none it is internal\n"
                           "rfc7:1.2-3  MAY  any\n"
                           "  \"each command.\"\n"
                           "  test fixture judge\n";

static void records_are_read(void **state)
{
    (void)state;
    char *folder = folder_make(good);
    struct requirement_register reg;
    struct problems problems = {0};
    register_load(&reg, folder, true, &problems);
    problems_print(&problems, stderr);
    assert_int_equal(problems.count, 0);
    assert_int_equal(reg.count, 3);
    assert_int_equal(reg.items[0].tests, TEST_WIRE | TEST_JUDGE);
    assert_string_equal(reg.items[0].same_as, "rfc7:1.2-2");
    assert_string_equal(reg.items[0].judge, "core.answer");
    assert_int_equal(reg.items[1].level, LEVEL_SHOULD_NOT);
    assert_true(reg.items[1].lower_case);
    assert_string_equal(reg.items[1].reason, "it is internal");
    assert_string_equal(reg.items[1].quote, "SHOULD say \"so\"");
    assert_int_equal(reg.items[1].tests, TEST_NONE);
    assert_int_equal(reg.items[2].tests, TEST_FIXTURE | TEST_JUDGE);
    assert_null(reg.items[2].judge);
    folder_remove(folder);
    register_fini(&reg);
}

static void coverage_counts(void **state)
{
    (void)state;
    char *folder = folder_make(good);
    struct requirement_register reg;
    struct problems problems = {0};
    register_load(&reg, folder, false, &problems);
    struct coverage coverage;
    coverage_init(&coverage, &reg);
    coverage_sum(&coverage);
    assert_int_equal(coverage.count, 1);
    assert_int_equal(coverage.rfcs[0].rfc, 7);
    assert_int_equal(coverage.rfcs[0].requirements, 3);
    assert_int_equal(coverage.rfcs[0].testable, 2);
    assert_int_equal(coverage.rfcs[0].tested, 0);
    coverage_cite(&coverage, "rfc7:1-1");
    coverage_cite(&coverage, "rfc7:9-9");
    /* What is tested all the same is testable. */
    coverage_cite(&coverage, "rfc7:1.2-2");
    struct requirement_verdict verdict = {(char[]){"rfc7:1-1"}, LEVEL_MUST, VERDICT_FAIL};
    struct case_result result = {.requirements = &verdict, .requirement_count = 1};
    struct run run = {.results = &result, .result_count = 1};
    coverage_add_run(&coverage, &run);
    coverage_sum(&coverage);
    assert_int_equal(coverage.rfcs[0].testable, 3);
    assert_int_equal(coverage.rfcs[0].tested, 2);
    assert_int_equal(coverage.rfcs[0].violated, 1);
    coverage_fini(&coverage);
    folder_remove(folder);
    register_fini(&reg);
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = 0;
    count = TABLE_ADD(tests, count, bad, check_bad);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(shipped_registers_load);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(records_are_read);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(coverage_counts);
    return table_run("register", tests, count);
}
