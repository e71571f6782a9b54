/* SPDX-License-Identifier: MIT */
#ifndef CLI_FAULT_NAME_H
#define CLI_FAULT_NAME_H

#include "cli/command.h"

/* Says that no fault is called so, and which one is nearest. Returns EXIT_USAGE. */
int fault_name_unknown(const struct command *command, const char *name);

#endif
