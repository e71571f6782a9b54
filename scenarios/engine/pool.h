/* SPDX-License-Identifier: MIT */
/* Memory that is given back all at once: for a suite, and for one run of a case. All-zero is an
   empty pool. */
#ifndef SCENARIOS_ENGINE_POOL_H
#define SCENARIOS_ENGINE_POOL_H

#include "parsers/core/span.h"

struct pool_block;

struct pool {
    struct pool_block *blocks;
};

/* len octets, all zero, aligned for any object. */
MUST_USE void *pool_take(struct pool *pool, size_t len);

/* A copy with a NUL behind it. */
MUST_USE char *pool_text(struct pool *pool, struct span text);
MUST_USE char *pool_format(struct pool *pool, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void pool_fini(struct pool *pool);

/* A growing run of octets on the heap; all-zero is empty. */
struct bytes {
    uint8_t *ptr;
    size_t len;
    size_t cap;
};

void bytes_add(struct bytes *b, struct span octets);
void bytes_add_text(struct bytes *b, const char *text);
void bytes_drop(struct bytes *b, size_t len);
void bytes_fini(struct bytes *b);

static inline struct span bytes_span(const struct bytes *b)
{
    return (struct span){b->ptr, b->len};
}

#endif
