/* SPDX-License-Identifier: MIT */
/* Eight octets looked at in one step, in portable arithmetic; the first octet is the lowest of the
   word. Each word_… test sets the highest bit of the octets that it finds. It is exact for the
   first octet found, if octets above 127 are looked for too: those set bits everywhere. */
#ifndef PARSERS_CORE_WORD_H
#define PARSERS_CORE_WORD_H

#include <stddef.h>
#include <stdint.h>

enum { WORD_LEN = 8 };

#define WORD_EACH(octet) (0x0101010101010101U * (octet))

/* Compilers make one load of this. */
static inline uint64_t word_load(const uint8_t *octets)
{
    return (uint64_t)octets[0] | (uint64_t)octets[1] << 8 | (uint64_t)octets[2] << 16 |
           (uint64_t)octets[3] << 24 | (uint64_t)octets[4] << 32 | (uint64_t)octets[5] << 40 |
           (uint64_t)octets[6] << 48 | (uint64_t)octets[7] << 56;
}

/* The octets below limit, which is at most 0x80. */
static inline uint64_t word_below(uint64_t word, uint8_t limit)
{
    return word - WORD_EACH(limit);
}

/* The octets that are this one. */
static inline uint64_t word_equal(uint64_t word, uint8_t octet)
{
    return word_below(word ^ WORD_EACH(octet), 1);
}

/* What one or several tests together found, and all octets above 127. */
static inline uint64_t word_found(uint64_t tests, uint64_t word)
{
    return (tests | word) & WORD_EACH(0x80U);
}

/* The first octet found, where any is. */
static inline size_t word_first(uint64_t found)
{
    return (size_t)__builtin_ctzll(found) / 8;
}

#endif
