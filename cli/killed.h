/* SPDX-License-Identifier: MIT */
/* Which cases fail, and which rules are found broken, under each fault of the built-in server: the
   table scenarios/killed.tsv, which postel selftest --write makes. A line is a fault, a tab, ids of
   cases with blanks between, a tab, rules or requirements with blanks between. */
#ifndef CLI_KILLED_H
#define CLI_KILLED_H

#include "parsers/core/span.h"

struct killed_line {
    struct span fault;
    struct span cases;
    struct span rules;
};

struct killed {
    struct span text; /* the file */
    struct killed_line *lines;
    size_t count;
};

/* Reads the table of a scenarios folder; it is empty when there is none. */
void killed_load(struct killed *killed, const char *scenarios);
void killed_fini(struct killed *killed);

/* NULL: the fault has no line. */
const struct killed_line *killed_find(const struct killed *killed, const char *fault);

/* The word is one of a list with blanks between. */
bool killed_has(struct span list, const char *word);

/* Prints "Faults that <what>:" and a line for each fault whose cases (or rules) have the word;
   nothing when there are none. */
void killed_print(const struct killed *killed, const char *what, const char *word, bool rules);

#endif
