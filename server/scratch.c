/* SPDX-License-Identifier: MIT */
#include "server/scratch.h"

#include <stdalign.h>

#include "net/memory.h"

enum { CHUNK_MIN = 16 * 1024 };

struct scratch_chunk {
    struct scratch_chunk *next;
    alignas(max_align_t) uint8_t octets[];
};

void *scratch_take(struct scratch *scratch, size_t len)
{
    size_t step = sizeof(max_align_t);
    size_t need = (len + step - 1) / step * step;
    if (scratch->chunks == NULL || need > scratch->cap - scratch->used) {
        size_t cap = need > CHUNK_MIN ? need : CHUNK_MIN;
        struct scratch_chunk *chunk = memory_alloc(sizeof *chunk + cap);
        chunk->next = scratch->chunks;
        scratch->chunks = chunk;
        scratch->cap = cap;
        scratch->used = 0;
    }
    uint8_t *out = scratch->chunks->octets + scratch->used;
    scratch->used += need;
    memset(out, 0, need);
    return out;
}

struct span scratch_copy(struct scratch *scratch, struct span octets)
{
    uint8_t *copy = scratch_take(scratch, octets.len + 1);
    if (octets.len != 0) {
        memcpy(copy, octets.ptr, octets.len);
    }
    return (struct span){copy, octets.len};
}

void scratch_clear(struct scratch *scratch)
{
    while (scratch->chunks != NULL) {
        struct scratch_chunk *chunk = scratch->chunks;
        scratch->chunks = chunk->next;
        memory_free(chunk);
    }
    *scratch = (struct scratch){0};
}
