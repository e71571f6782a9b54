/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "cli/cases.h"
#include "cli/command.h"
#include "cli/select.h"
#include "net/memory.h"
#include "reports/coverage.h"
#include "server/fault.h"

static void scenario_print(const struct scenario *scenario, bool long_form)
{
    static const char *const safety[SAFETY_COUNT] = {"safe", "send", "write", "destructive"};
    if (!long_form) {
        (void)puts(scenario->id);
        return;
    }
    (void)printf("%-44s %-8s %-11s", scenario->id, scenario->protocol, safety[scenario->safety]);
    for (size_t i = 0; i < scenario->requirement_count; i++) {
        (void)printf("%s%s", i == 0 ? " " : ",", scenario->requirements[i].id);
    }
    (void)printf("  %s\n", scenario->title);
}

/* A word of the command line names it, or there is none. */
static bool is_wanted(const struct arguments *arguments, const char *name)
{
    size_t i = 0;
    while (i < arguments->word_count && !selector_match_name(arguments->words[i], name)) {
        i++;
    }
    return arguments->word_count == 0 || i < arguments->word_count;
}

static size_t rules_print(const struct arguments *arguments)
{
    size_t count = 0;
    for (unsigned i = 1; i < RULE_COUNT; i++) {
        const struct rule_info *info = rule_info((enum rule)i);
        if (!is_wanted(arguments, info->name)) {
            continue;
        }
        (void)printf("%-40s %-10s %-9s %s\n", info->name, level_text(info->level),
                     severity_text(info->severity), info->cite);
        count++;
    }
    return count;
}

static size_t faults_print(const struct arguments *arguments)
{
    size_t count = 0;
    for (unsigned i = 0; i < FAULT_COUNT; i++) {
        const struct fault_info *info = fault_info((enum fault)i);
        if (is_wanted(arguments, info->name)) {
            (void)printf("%-32s %-10s %-26s %s\n", info->name, level_text(info->level),
                         info->breaks, info->text);
            count++;
        }
    }
    return count;
}

static void coverage_line(const char *name, const struct coverage_rfc *rfc)
{
    size_t percent = rfc->testable == 0 ? 0 : rfc->tested * 100 / rfc->testable;
    (void)printf("%-8s %12zu %10zu %8zu %6zu%%\n", name, rfc->requirements, rfc->testable,
                 rfc->tested, percent);
}

static void coverage_print(const struct data *data, const struct suite *suite)
{
    struct coverage coverage;
    coverage_init(&coverage, &data->reg);
    for (size_t i = 0; i < suite->count; i++) {
        for (size_t j = 0; j < suite->cases[i].requirement_count; j++) {
            coverage_cite(&coverage, suite->cases[i].requirements[j].id);
        }
    }
    coverage_sum(&coverage);
    struct coverage_rfc all = {0};
    (void)puts("RFC      requirements   testable   tested  of testable");
    for (size_t i = 0; i < coverage.count; i++) {
        const struct coverage_rfc *rfc = &coverage.rfcs[i];
        char name[16];
        (void)snprintf(name, sizeof name, "%u", rfc->rfc);
        coverage_line(name, rfc);
        all.requirements += rfc->requirements;
        all.testable += rfc->testable;
        all.tested += rfc->tested;
    }
    coverage_line("all", &all);
    coverage_fini(&coverage);
}

static int told(size_t count)
{
    return count == 0 ? usage_error(&list_command, "nothing selected") : EXIT_NOTHING;
}

static int print(const struct arguments *arguments, const struct data *data,
                 const struct suite *suite)
{
    if (arguments_value(arguments, "coverage") != NULL) {
        coverage_print(data, suite);
        return EXIT_NOTHING;
    }
    bool long_form = arguments_value(arguments, "long") != NULL;
    size_t count = 0;
    for (size_t i = 0; i < suite->count; i++) {
        if (suite->cases[i].selected) {
            scenario_print(&suite->cases[i], long_form);
            count++;
        }
    }
    return told(count);
}

static int list_run(const struct arguments *arguments)
{
    if (arguments_value(arguments, "rules") != NULL) {
        return told(rules_print(arguments));
    }
    if (arguments_value(arguments, "faults") != NULL) {
        return told(faults_print(arguments));
    }
    struct data data;
    struct suite suite = {0};
    struct selection selection;
    selection_init(&selection, arguments->words, arguments->word_count);
    int code =
        data_load(&data, false) && cases_load(&data, selection.files, selection.file_count, &suite)
            ? EXIT_NOTHING
            : EXIT_LOAD;
    if (code == EXIT_NOTHING) {
        code = selection_apply(&selection, &suite, &list_command);
    }
    if (code == EXIT_NOTHING) {
        code = print(arguments, &data, &suite);
    }
    selection_fini(&selection);
    suite_fini(&suite);
    data_fini(&data);
    return code;
}

static const struct option options[] = {
    {'l', "long", NULL, "with protocol, permission, requirements and title"},
    {0, "coverage", NULL,
     "for each RFC: its requirements, those that can be tested at all, and those that a case or a "
     "rule of the judge tests"},
    {0, "rules", NULL, "the rules of the always-on judge instead of the cases"},
    {0, "faults", NULL, "the faults of the built-in server instead of the cases"},
};

const struct command list_command = {
    .name = "list",
    .synopsis = "[SELECT…]",
    .summary = "list the cases, the rules, or what is covered",
    .text =
        "Lists the cases, an id a line. With --rules and --faults SELECT is a name, the beginning "
        "of one up to a dot (imap), or a pattern (*.search*).",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = list_run,
};
