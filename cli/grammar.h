/* SPDX-License-Identifier: MIT */
/* The RFCs' grammars by name: "imap:response", or PROTOCOL and any rule of its grammar. */
#ifndef CLI_GRAMMAR_H
#define CLI_GRAMMAR_H

#include "cli/command.h"
#include "fuzz/abnf/grammar.h"

#define GRAMMAR_PROTOCOLS "imap, imap4rev1, message, pop3 and smtp"

enum { GRAMMAR_PARTS = 3 }; /* files that a protocol's grammar may consist of */

struct grammar {
    struct abnf abnf;
    const struct abnf_rule *rule;
    struct arena arena;
    void *block;
};

/* EXIT_NOTHING, or what the command ends with: the problem was printed. */
MUST_USE int grammar_load(const struct command *command, const char *name, struct grammar *out);

/* One of the files, without a rule: EXIT_NOTHING; EXIT_USAGE: the protocol has no such file;
   EXIT_LOAD: the problem was printed. */
MUST_USE int grammar_load_part(const char *protocol, size_t part, struct grammar *out);

void grammar_fini(struct grammar *grammar);

#endif
