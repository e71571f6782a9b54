/* SPDX-License-Identifier: MIT */
/* The grammar files of fuzz/abnf, which the build puts into the program. */
#ifndef FUZZ_MUTATOR_EMBEDDED_H
#define FUZZ_MUTATOR_EMBEDDED_H

#include "fuzz/abnf/grammar.h"

struct embedded_file {
    const char *name;
    struct span text;
};

/* In the file that cmake/embed.cmake writes; the last one has no name. */
extern const struct embedded_file embedded_files[];

/* An abnf_open_fn over them. */
bool embedded_open(void *context, const char *file, struct span *out);

#endif
