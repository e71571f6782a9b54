/* SPDX-License-Identifier: MIT */
/* The RFCs' grammars by name: "imap:response", or PROTOCOL and any rule of its grammar. */
#ifndef CLI_GRAMMAR_H
#define CLI_GRAMMAR_H

#include "cli/command.h"
#include "fuzz/abnf/grammar.h"

struct grammar {
    struct abnf abnf;
    const struct abnf_rule *rule;
    struct arena arena;
    void *block;
};

/* EXIT_NOTHING, or what the command ends with: the problem was printed. */
MUST_USE int grammar_load(const struct command *command, const char *name, struct grammar *out);

void grammar_fini(struct grammar *grammar);

#endif
