/* SPDX-License-Identifier: MIT */
/* The inside of a mutator: what the mutations work on. */
#ifndef FUZZ_MUTATOR_MUTATOR_H
#define FUZZ_MUTATOR_MUTATOR_H

#include "fuzz/abnf/generate.h"
#include "fuzz/abnf/parts.h"
#include "fuzz/mutator/kind.h"
#include "fuzz/mutator/postel_mutator.h"
#include "fuzz/mutator/tree.h"

/* Octets from to to become others; nothing but they change. */
struct edit {
    size_t from, to;
    struct span with;
};

enum { PIECE = 1 << 17, LONGEST_STRING = 1 << 14, MAX_EDITS = 2, MAX_KEYWORDS = 1024, NAMES = 256 };

/* A kind of input with its grammar. */
struct language {
    struct abnf grammar;
    const struct abnf_rule *rule;
    struct span keywords[MAX_KEYWORDS]; /* texts of the grammar, of two octets or more */
    size_t keyword_count;
};

struct trim {
    size_t len;  /* octets of the best input so far, in front */
    size_t node; /* of the tree that is tried next */
    unsigned pass;
    struct span candidate;
};

struct part_list {
    struct abnf_part parts[ABNF_PARTS];
    size_t count;
};

struct postel_mutator {
    const struct kind *kind; /* of this input */
    bool automatic;
    size_t prefix; /* octets at the front that are left as they are */
    struct language languages[KINDS];
    struct arena grammars; /* theirs */
    struct arena scratch;  /* of the recogniser */
    struct abnf_random random;
    struct tree tree;  /* of the input */
    struct tree other; /* of the one to take from, or empty */
    struct edit edits[MAX_EDITS];
    size_t edit_count;
    struct out piece; /* where new octets are made */
    struct part_list parts;
    struct part_list other_parts;
    struct trim trim;
    char last[NAMES];
    uint8_t piece_block[PIECE];
    uint8_t string_block[LONGEST_STRING];
    uint8_t front[POSTEL_MUTATOR_LONGEST];
    uint8_t back[POSTEL_MUTATOR_LONGEST];
};

/* A mutation fills in the edits, in order and without overlap, and returns true; or there is
   nothing here that it could work on. */
typedef bool mutate_fn(struct postel_mutator *m);

#define MUTATION(id, name, odds, needs) mutate_fn mutate_##name;
#include "fuzz/mutator/mutation.def"
#undef MUTATION

enum mutation {
#define MUTATION(id, name, odds, needs) MUTATION_##id,
#include "fuzz/mutator/mutation.def"
#undef MUTATION
    MUTATIONS,
};

/* Makes this one mutation of the input, if there is something to work on. Sets *out, which lies in
   the mutator's memory. */
MUST_USE bool mutator_apply(struct postel_mutator *m, enum mutation mutation, struct span in,
                            size_t max, struct span *out);

/* Begins a result: random numbers, kind, and the tree of the other input. */
void mutator_begin(struct postel_mutator *m, uint64_t seed,
                   const struct postel_mutator_input *input);

static inline const struct language *mutator_language(const struct postel_mutator *m)
{
    return &m->languages[m->kind->index];
}

static inline size_t below(struct postel_mutator *m, size_t end)
{
    return abnf_random_below(&m->random, end);
}

static inline bool one_in(struct postel_mutator *m, size_t count)
{
    return below(m, count) == 0;
}

/* Replaces from..to; true. */
bool edit(struct postel_mutator *m, size_t from, size_t to, struct span with);

/* The same with what stands in the piece. */
bool edit_piece(struct postel_mutator *m, size_t from, size_t to);

#endif
