/* SPDX-License-Identifier: MIT */
/* The inside of the recogniser, for those who look at what it has found. */
#ifndef FUZZ_ABNF_MACHINE_H
#define FUZZ_ABNF_MACHINE_H

#include "fuzz/abnf/recognise.h"

struct interval {
    struct interval *next; /* farther on, with a hole between */
    size_t from, to;       /* both are inside */
};

struct set {
    struct interval *first;
    struct interval *hint; /* before the place that was looked at last; NULL: none */
};

/* What one rule, or one repetition without a bound, gives at one position. */
struct memo {
    struct memo *next;
    const void *what;             /* the rule, or the repetition's node */
    const struct abnf_rule *rule; /* NULL: a repetition */
    size_t pos;
    struct set ends;
};

struct machine {
    struct span in;
    struct arena *arena;
    struct memo **buckets;
    size_t bucket_count;
    struct interval *spare;
    struct abnf_result result;
    const struct abnf_rule *rule; /* the one whose parts are looked at */
    uint32_t depth;
};

/* Works out all there is to know about the octets. What it finds lies in the arena, until the
   caller takes that back. */
void machine_run(struct machine *m, const struct abnf_rule *rule, struct span in,
                 struct arena *arena);

static inline bool machine_has(const struct set *set, size_t pos)
{
    const struct interval *i = set->first;
    while (i != NULL && i->to < pos) {
        i = i->next;
    }
    return i != NULL && i->from <= pos;
}

void machine_add(struct machine *m, struct set *set, size_t from, size_t to);
void machine_free(struct machine *m, struct set *set);

/* Adds to ends where the node can end when it begins at one of the starts. */
void machine_match(struct machine *m, const struct abnf_node *node, const struct set *starts,
                   struct set *ends);

#endif
