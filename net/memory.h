/* SPDX-License-Identifier: MIT */
/* The one way to the heap, for all rooms but the pure ones. A tester that has no memory left has
   nothing better to do than to say so and stop: these functions end the program with exit code 5
   instead of answering NULL. A length of zero gives a pointer that may be freed. */
#ifndef NET_MEMORY_H
#define NET_MEMORY_H

#include "parsers/core/span.h"

/* len octets, not initialised. */
MUST_USE void *memory_alloc(size_t len);

/* count objects of size octets, all zero. */
MUST_USE void *memory_zero(size_t count, size_t size);

/* The block with count objects of size octets; block may be NULL. What was there stays. */
MUST_USE void *memory_resize(void *block, size_t count, size_t size);

/* A copy of the octets with a NUL behind them (which is not counted anywhere). */
MUST_USE uint8_t *memory_copy(struct span octets);

/* A copy of the octets as text; an octet NUL ends the text early. */
MUST_USE char *memory_text(struct span octets);

/* printf into new text. */
MUST_USE char *memory_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* free(); NULL is allowed. */
void memory_free(void *block);

/* Overwrites octets that were secret; the compiler does not leave it out. */
void memory_wipe(void *block, size_t len);

#endif
