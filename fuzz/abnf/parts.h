/* SPDX-License-Identifier: MIT */
/* Which rules match which parts of some octets: where one of them can be exchanged for another
   match of the same rule. */
#ifndef FUZZ_ABNF_PARTS_H
#define FUZZ_ABNF_PARTS_H

#include "fuzz/abnf/recognise.h"

struct abnf_part {
    const struct abnf_rule *rule;
    size_t from, to;
};

/* Sets parts and count. Octets that are accepted: the rules of one reading of the whole, outside
   before inside. Octets that are not: rules that matched after what stands before them; the longest
   match of each. Rules of a single octet are left out, and what is more than max.
   The arena is as it was when this returns. */
enum abnf_verdict abnf_parts(const struct abnf_rule *rule, struct span in, struct arena *arena,
                             struct abnf_part *parts, size_t *count);

/* The most that there may be. */
enum { ABNF_PARTS = 512 };

#endif
