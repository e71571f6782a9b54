/* SPDX-License-Identifier: MIT */
#include "fuzz/mutator/embedded.h"

bool embedded_open(void *context, const char *file, struct span *out)
{
    (void)context;
    for (const struct embedded_file *i = embedded_files; i->name != NULL; i++) {
        if (strcmp(i->name, file) == 0) {
            *out = i->text;
            return true;
        }
    }
    return false;
}
