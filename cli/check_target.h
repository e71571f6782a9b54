/* SPDX-License-Identifier: MIT */
/* The target of a check, put together from URLs, target files and options, and what the run may do
   to it. */
#ifndef CLI_CHECK_TARGET_H
#define CLI_CHECK_TARGET_H

#include "cli/command.h"
#include "scenarios/engine/target.h"

/* The word is a URL, not a selector. */
bool is_url(const char *word);

/* The options that say what the target is and what may be done to it. */
#define TARGET_OPTIONS                                                                             \
    {'t', "target", "URL|FILE", "the server, or a target file that describes a whole system"},     \
        {0, "secret", "USER=@env:NAME",                                                            \
         "where a user's password is: @env:NAME, @file:PATH, @ask. Without this it is taken from " \
         "POSTEL_PASSWORD_USER or ~/.netrc, or asked for"},                                        \
        {0, "var", "NAME=VALUE",                                                                   \
         "a value for the scenarios, such as rcpt.bad=nobody@example.test"},                       \
        {0, "vars", "FILE",                                                                        \
         "such values, NAME = VALUE a line; as the declare section of a target file"},             \
        {0, "safe", NULL, "only look: send no mail, write nothing"},                               \
    {                                                                                              \
        0, "allow", "WHAT",                                                                        \
            "send, write, destructive, exec, remote:HOST, with commas. Loopback and private "      \
            "addresses have send and write; anything more than looking at a public address needs " \
            "remote:HOST and what is to be done"                                                   \
    }

/* Builds the target from the arguments; the words that are no URLs are left in words (of room for
   all), *count of them. EXIT_NOTHING, or the code to end with after a message. */
MUST_USE int check_target(const struct arguments *arguments, struct target *target,
                          const char **words, size_t *count);

/* What cases may do to the target: bits 1 << enum safety. */
unsigned target_allowed(const struct target *target);

/* Waits until every TCP server of the target listens, at most so many milliseconds. */
MUST_USE bool target_wait(const struct target *target, uint64_t ms);

#endif
