/* SPDX-License-Identifier: MIT */
/* Loads the cases that postel comes with, or those of given files. */
#ifndef CLI_CASES_H
#define CLI_CASES_H

#include "cli/data.h"
#include "scenarios/engine/suite.h"

/* Loads the suite that postel comes with, or, if there are any, only the files. On false the errors
   were printed. */
MUST_USE bool cases_load(struct data *data, const char *const *files, size_t file_count,
                         struct suite *out);

/* The same of text in memory, behind what is in the suite already. */
MUST_USE bool cases_load_text(struct data *data, const char *name, struct span text,
                              struct suite *suite);

/* The word is a scenario file or a folder of them, not a selector. */
bool is_scenario_file(const char *word);

#endif
