/* SPDX-License-Identifier: MIT */
/* Tells whether octets match a rule, whatever the ambiguity: for each rule and position the set of
   all positions where it can end is found once. Time is polynomial in the length, memory is that
   of the arena. */
#ifndef FUZZ_ABNF_RECOGNISE_H
#define FUZZ_ABNF_RECOGNISE_H

#include "fuzz/abnf/grammar.h"

enum abnf_verdict {
    ABNF_ACCEPTED,
    ABNF_REJECTED,
    ABNF_LIMIT, /* not known: the arena is full, or the nesting is too deep */
};

#define ABNF_EXPECTED 24
#define ABNF_NESTING 1000 /* rules inside rules */

struct abnf_result {
    enum abnf_verdict verdict;
    size_t far; /* the farthest octet that some reading got to; what was looked for there: */
    const struct abnf_rule *expected[ABNF_EXPECTED];
    size_t expected_count;
    bool expected_end; /* the end of the octets would have been right */
    const char *limit; /* what was too large */
};

/* The arena is as it was when this returns. */
struct abnf_result abnf_recognise(const struct abnf_rule *rule, struct span in,
                                  struct arena *arena);

#endif
