/* SPDX-License-Identifier: MIT */
/* The kinds of inputs: protocol and side, the grammar, and what a unit looks like. */
#ifndef FUZZ_MUTATOR_KIND_H
#define FUZZ_MUTATOR_KIND_H

#include "fuzz/mutator/tree.h"

enum {
    KINDS = 8,
    GUESSED_KINDS = 6, /* the first of them; the others only where they are named */
};

struct kind {
    const char *name;
    const char *grammar;
    const char *rule;
    enum tree_style style;
    bool client; /* what a client sends */
    size_t index;
};

extern const struct kind kinds[KINDS];

/* NULL if there is none of this name. */
const struct kind *kind_find(struct span name);

/* What these octets most likely are. */
const struct kind *kind_guess(struct span in);

#endif
