/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "cli/cases.h"
#include "cli/command.h"
#include "cli/select.h"
#include "net/memory.h"

/* Each rule of the judge must cite a requirement that is in the register. */
static size_t rules_check(const struct data *data)
{
    struct problems problems = {0};
    for (unsigned i = 1; i < RULE_COUNT; i++) {
        const struct rule_info *info = rule_info((enum rule)i);
        if (info->requirement[0] != '\0' && register_find(&data->reg, info->requirement) == NULL) {
            struct place place = {0};
            problems_add(&problems, &place, "the rule %s cites %s, which is in no register",
                         info->name, info->requirement);
        }
    }
    problems_print(&problems, stderr);
    size_t errors = problems.errors;
    problems_fini(&problems);
    return errors;
}

static int lint_run(const struct arguments *arguments)
{
    struct data data;
    struct suite suite = {0};
    bool ok = data_load(&data, true);
    ok = cases_load(&data, arguments->words, arguments->word_count, &suite) && ok;
    ok = rules_check(&data) == 0 && ok;
    if (ok) {
        (void)printf("%zu cases (%zu rows), %zu requirements: nothing to complain about\n",
                     suite.count, select_count(&suite), data.reg.count);
    }
    suite_fini(&suite);
    data_fini(&data);
    return ok ? EXIT_NOTHING : EXIT_LOAD;
}

const struct command lint_command = {
    .name = "lint",
    .synopsis = "[FILE…]",
    .summary = "check scenario files and registers without running anything",
    .text = "Loads scenario files (all that postel comes with when none is named), compares the "
            "quotes of the requirement registers with the RFCs' texts, and tells what is wrong "
            "with file, line and column.",
    .run = lint_run,
};
