/* SPDX-License-Identifier: MIT */
/* Planted bugs: each row is a small wrong behaviour, wrapped around the real one, that an oracle of
   fuzz/check must catch. fuzz/negative/main.c runs each in a child process, which must end with the
   oracle's text; the same input without the bug must pass. */
#ifndef FUZZ_NEGATIVE_NEGATIVE_H
#define FUZZ_NEGATIVE_NEGATIVE_H

#include <stdbool.h>
#include <stddef.h>

struct negative {
    const char *name;
    const char *caught; /* the text of the oracle that catches it */
    void (*run)(const struct negative *negative, bool planted);
    const void *bug; /* a struct of the group's own */
    const char *input;
};

struct negative_group {
    const struct negative *rows;
    size_t count;
};

extern const struct negative_group negative_units;
extern const struct negative_group negative_streams;
extern const struct negative_group negative_conversations;
extern const struct negative_group negative_trees;

#endif
