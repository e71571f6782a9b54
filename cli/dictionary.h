/* SPDX-License-Identifier: MIT */
/* The words of a grammar as a dictionary for fuzzers. */
#ifndef CLI_DICTIONARY_H
#define CLI_DICTIONARY_H

#include "cli/command.h"

/* Writes what stands between quotes in the grammars of a protocol ("imap") to standard output, in
   the form that libFuzzer and AFL++ read: sorted, each once. Returns the exit code. */
int dictionary_print(const struct command *command, const char *protocol);

#endif
