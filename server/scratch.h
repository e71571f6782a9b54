/* SPDX-License-Identifier: MIT */
/* Memory for as long as one answer takes: handed out front to back in growing chunks, taken back
   all at once. */
#ifndef SERVER_SCRATCH_H
#define SERVER_SCRATCH_H

#include "parsers/core/span.h"

struct scratch_chunk;

/* All-zero is the empty scratch. */
struct scratch {
    struct scratch_chunk *chunks; /* the one in use first */
    size_t used;
    size_t cap;
};

/* len octets, aligned for any object, set to zero. */
MUST_USE void *scratch_take(struct scratch *scratch, size_t len);

/* A copy of the octets. */
MUST_USE struct span scratch_copy(struct scratch *scratch, struct span octets);

/* Takes everything back. */
void scratch_clear(struct scratch *scratch);

#endif
