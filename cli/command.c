/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

/* One a line, in the order of --help. */
/* clang-format off */
const struct command *const commands[] = {
    &check_command,
    &list_command,
    &show_command,
    &explain_command,
    &lint_command,
    &fuzz_command,
    &generate_command,
    &recognise_command,
    &judge_command,
    &selftest_command,
    &serve_command,
    &baseline_command,
    &help_command,
    &trace_command,
    &version_command,
};
/* clang-format on */
const size_t command_total = sizeof commands / sizeof *commands;

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < command_total; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}
