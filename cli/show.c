/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "cli/cases.h"
#include "cli/command.h"
#include "cli/killed.h"
#include "cli/select.h"

static void scenario_print(const struct data *data, const struct killed *killed,
                           const struct scenario *scenario)
{
    (void)printf("%s\n%s\n%s:%u\n\n", scenario->id, scenario->title, scenario->file,
                 scenario->line);
    for (size_t i = 0; i < scenario->requirement_count; i++) {
        const struct requirement *item = register_find(&data->reg, scenario->requirements[i].id);
        (void)printf("%s  %s\n", scenario->requirements[i].id,
                     level_text(scenario->requirements[i].level));
        if (item != NULL) {
            (void)printf("  \"%s\"\n", item->quote);
        }
    }
    if (scenario->why != NULL) {
        (void)printf("\nWhat failing means: %s\n", scenario->why);
    }
    if (scenario->kind != NULL) {
        (void)printf("\nKind: %s %s\n", scenario->kind,
                     scenario->kind_ref == NULL ? "" : scenario->kind_ref);
    }
    if (scenario->parameter_count != 0) {
        (void)printf("\nRows:");
        for (size_t i = 0; i < scenario->row_count; i++) {
            (void)printf(" [%s]", scenario->rows[i].name == NULL ? "" : scenario->rows[i].name);
        }
        (void)puts("");
    }
    killed_print(killed, "make it fail", scenario->id, false);
    (void)printf("\n%s\n", scenario->source);
}

static int show_run(const struct arguments *arguments)
{
    if (arguments->word_count == 0) {
        return usage_error(&show_command, "show which case? postel list lists them");
    }
    struct data data;
    struct suite suite = {0};
    struct killed killed = {0};
    int code =
        data_load(&data, false) && cases_load(&data, NULL, 0, &suite) ? EXIT_NOTHING : EXIT_LOAD;
    if (code == EXIT_NOTHING) {
        killed_load(&killed, data.scenarios);
    }
    for (size_t i = 0; i < arguments->word_count && code == EXIT_NOTHING; i++) {
        const struct scenario *scenario = suite_find(&suite, arguments->words[i]);
        if (scenario != NULL) {
            scenario_print(&data, &killed, scenario);
            continue;
        }
        const char *near = select_suggest(&suite, arguments->words[i]);
        code = near == NULL
                   ? usage_error(&show_command, "%s: there is no such case", arguments->words[i])
                   : usage_error(&show_command, "%s: there is no such case; did you mean %s?",
                                 arguments->words[i], near);
    }
    killed_fini(&killed);
    suite_fini(&suite);
    data_fini(&data);
    return code;
}

const struct command show_command = {
    .name = "show",
    .synopsis = "CASE…",
    .summary = "show a case with what it judges and why",
    .text =
        "Shows a case: the requirements that it judges with their sentences, what failing "
        "means in practice, the faults of the built-in server that make it fail, and its lines.",
    .run = show_run,
};
