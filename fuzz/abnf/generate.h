/* SPDX-License-Identifier: MIT */
/* Makes octets that a rule matches. Alternatives and bounds that were not used yet come first, so
   that all of them come sooner or later; or any with the same odds, without memory. */
#ifndef FUZZ_ABNF_GENERATE_H
#define FUZZ_ABNF_GENERATE_H

#include "fuzz/abnf/grammar.h"
#include "fuzz/abnf/random.h"
#include "parsers/core/out.h"

enum { ABNF_MAX_DEPTH = 40 };

struct abnf_generator {
    const struct abnf *grammar;
    struct abnf_random random;
    uint32_t max_depth; /* rules inside rules, behind which the shortest way out is taken */
    uint32_t *used;     /* how often each choice was taken, by abnf_node.choice; NULL: no memory */
    bool *open;         /* by rule: a choice that was not used yet can be reached from it */
    size_t units;
};

/* Takes its tables from the arena: false if there is no room. */
MUST_USE bool abnf_generator_init(struct abnf_generator *generator, const struct abnf *grammar,
                                  struct arena *arena, uint64_t seed);

/* One without memory: what it makes depends on its random numbers alone. */
static inline struct abnf_generator abnf_generator_forgetful(const struct abnf *grammar,
                                                             uint64_t seed)
{
    return (struct abnf_generator){
        .grammar = grammar, .random = {seed}, .max_depth = ABNF_MAX_DEPTH};
}

/* Writes one match of the rule, of at most max octets (or the shortest one, where that is
   longer). */
void abnf_generate(struct abnf_generator *generator, const struct abnf_rule *rule, size_t max,
                   struct out *out);

/* The same for a part of a rule. */
void abnf_generate_node(struct abnf_generator *generator, const struct abnf_node *node, size_t max,
                        struct out *out);

struct abnf_coverage {
    size_t choices; /* that can be reached from the rule */
    size_t used;
};

/* missing: called for each choice that was not used; or NULL. text says which choice it is. */
struct abnf_coverage
abnf_generator_coverage(const struct abnf_generator *generator, const struct abnf_rule *rule,
                        void (*missing)(void *context, const struct abnf_rule *rule,
                                        const struct abnf_node *node, size_t choice),
                        void *context);

#endif
