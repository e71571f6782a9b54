/* SPDX-License-Identifier: MIT */
/* An arena hands out memory from one block of the caller, front to back, and takes it back to a
   mark. It never allocates: a full arena answers NULL, which the parsers turn into a limit error.
   What it hands out lives until a mark below it is released. */
#ifndef PARSERS_CORE_ARENA_H
#define PARSERS_CORE_ARENA_H

#include <stdalign.h>

#include "parsers/core/span.h"

struct arena {
    uint8_t *base; /* the caller's block */
    size_t cap;    /* octets */
    size_t used;   /* octets */
};

/* What arena_take() hands out begins at a multiple of this, which suits any object. */
#define ARENA_ALIGN alignof(max_align_t)

static inline void arena_init(struct arena *a, void *block, size_t cap)
{
    size_t gap = (ARENA_ALIGN - (uintptr_t)block % ARENA_ALIGN) % ARENA_ALIGN;
    bool room = block != NULL && cap >= gap;
    *a = room ? (struct arena){(uint8_t *)block + gap, cap - gap, 0} : (struct arena){0};
}

/* len octets, aligned for any object, set to zero; NULL when the block has no room. In the header
   so that the compiler sees how much it has to set to zero. */
MUST_USE static inline void *arena_take(struct arena *a, size_t len)
{
    size_t start = (a->used + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    if (start >= a->cap || len > a->cap - start) {
        return NULL;
    }
    a->used = start + len;
    return memset(a->base + start, 0, len);
}

static inline size_t arena_mark(const struct arena *a)
{
    return a->used;
}

/* Takes back all that was handed out since the mark. */
static inline void arena_release(struct arena *a, size_t mark)
{
    a->used = mark;
}

#endif
