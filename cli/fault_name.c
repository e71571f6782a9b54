/* SPDX-License-Identifier: MIT */
#include "cli/fault_name.h"

#include "server/fault.h"

int fault_name_unknown(const struct command *command, const char *name)
{
    const char *known[FAULT_COUNT];
    for (unsigned i = 0; i < FAULT_COUNT; i++) {
        known[i] = fault_info((enum fault)i)->name;
    }
    const char *near = nearest_word(name, known, FAULT_COUNT);
    return near == NULL
               ? usage_error(command, "%s: there is no such fault; postel list --faults", name)
               : usage_error(command, "%s: there is no such fault; did you mean %s?", name, near);
}
