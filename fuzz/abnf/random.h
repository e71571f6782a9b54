/* SPDX-License-Identifier: MIT */
/* Numbers that are the same for the same seed, everywhere (splitmix64). */
#ifndef FUZZ_ABNF_RANDOM_H
#define FUZZ_ABNF_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct abnf_random {
    uint64_t state;
};

static inline uint64_t abnf_random_next(struct abnf_random *random)
{
    uint64_t z = random->state += 0x9E3779B97F4A7C15U;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9U;
    z = (z ^ z >> 27) * 0x94D049BB133111EBU;
    return z ^ z >> 31;
}

/* A number below end; 0 where end is 0. */
static inline size_t abnf_random_below(struct abnf_random *random, size_t end)
{
    return end == 0 ? 0 : (size_t)(abnf_random_next(random) % end);
}

#endif
