/* SPDX-License-Identifier: MIT */
/* The target of a check, put together from URLs, target files and options, and what the run may do
   to it. */
#ifndef CLI_CHECK_TARGET_H
#define CLI_CHECK_TARGET_H

#include "cli/command.h"
#include "scenarios/engine/target.h"

/* The word is a URL, not a selector. */
bool is_url(const char *word);

/* Builds the target from the arguments; the words that are no URLs are left in words (of room for
   all), *count of them. EXIT_NOTHING, or the code to end with after a message. */
MUST_USE int check_target(const struct arguments *arguments, struct target *target,
                          const char **words, size_t *count);

/* Waits until every TCP server of the target listens, at most so many milliseconds. */
MUST_USE bool target_wait(const struct target *target, uint64_t ms);

#endif
