/* SPDX-License-Identifier: MIT */
/* Reads scenario files into a suite and finds every error before anything runs: unknown words,
   unbound variables, templates that can never match, a MAY with a plain expectation. Errors are
   collected in suite->errors; a suite with errors must not be run. */
#ifndef SCENARIOS_ENGINE_LOADER_H
#define SCENARIOS_ENGINE_LOADER_H

#include "scenarios/engine/suite.h"

struct load_options {
    const char *root; /* folder of @include files and of relative names; or NULL */
    /* The requirement register: false when there is no such id. NULL: any id is a MUST. */
    bool (*level)(void *context, const char *id, enum level *out);
    void *context;
};

/* Adds a file, or all *.scn under a folder (but common/), to the suite, which is all zero at
   first. False when an error was added. */
bool loader_load(struct suite *suite, const char *path, const struct load_options *options);

/* The same for text in memory. */
bool loader_load_text(struct suite *suite, const char *name, struct span text,
                      const struct load_options *options);

#endif
