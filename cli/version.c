/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "cli/command.h"

static int version_run(const struct arguments *arguments)
{
    (void)arguments;
    (void)puts("postel " POSTEL_VERSION);
    return EXIT_NOTHING;
}

const struct command version_command = {
    .name = "version",
    .synopsis = "",
    .summary = "print the version",
    .text = "Prints the version.",
    .run = version_run,
};
