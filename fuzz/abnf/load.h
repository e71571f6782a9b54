/* SPDX-License-Identifier: MIT */
/* What the two halves of loading share: reading the files, and checking the rules. */
#ifndef FUZZ_ABNF_LOAD_H
#define FUZZ_ABNF_LOAD_H

#include "fuzz/abnf/grammar.h"

/* The error's text: place, message, and the line with a caret. Returns false. */
bool abnf_fail(struct abnf_error *error, const char *file, struct span text, uint32_t line,
               uint32_t column, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* The same without the line, for a rule that was read before. Returns false. */
bool abnf_fail_rule(struct abnf_error *error, const struct abnf_rule *rule,
                    const struct abnf_node *node, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Binds names to rules and functions, works out what the machines need, and reports what cannot
   be. */
MUST_USE bool abnf_check(struct abnf *grammar, struct abnf_error *error);

#endif
