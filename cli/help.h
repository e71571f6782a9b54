/* SPDX-License-Identifier: MIT */
/* --help and the man page, made from the commands' own tables. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "cli/command.h"

/* All commands in a line each. */
void help_print_commands(FILE *out);

/* One command with its options. */
void help_print_command(FILE *out, const struct command *command);

/* The man page postel(1). */
void help_print_man(FILE *out);

#endif
