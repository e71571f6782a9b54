/* SPDX-License-Identifier: MIT */
#include "scenarios/engine/pool.h"

#include <stdarg.h>
#include <stdio.h>

#include "net/memory.h"

enum { BLOCK_LEN = 16 * 1024 - 64 };

struct pool_block {
    struct pool_block *next;
    size_t used;
    size_t cap;
    _Alignas(16) uint8_t octets[];
};

void *pool_take(struct pool *pool, size_t len)
{
    size_t need = (len + 15) & ~(size_t)15;
    struct pool_block *b = pool->blocks;
    if (b == NULL || b->cap - b->used < need) {
        size_t cap = need > BLOCK_LEN ? need : BLOCK_LEN;
        b = memory_zero(1, sizeof *b + cap);
        b->cap = cap;
        b->next = pool->blocks;
        pool->blocks = b;
    }
    void *out = b->octets + b->used;
    b->used += need;
    return out;
}

char *pool_text(struct pool *pool, struct span text)
{
    char *out = pool_take(pool, text.len + 1);
    if (text.len > 0) {
        memcpy(out, text.ptr, text.len);
    }
    return out;
}

char *pool_format(struct pool *pool, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *out = pool_take(pool, (size_t)len + 1);
    va_start(args, format);
    (void)vsnprintf(out, (size_t)len + 1, format, args);
    va_end(args);
    return out;
}

void pool_fini(struct pool *pool)
{
    while (pool->blocks != NULL) {
        struct pool_block *next = pool->blocks->next;
        memory_free(pool->blocks);
        pool->blocks = next;
    }
}

void bytes_add(struct bytes *b, struct span octets)
{
    if (octets.len == 0) {
        return;
    }
    if (b->cap - b->len < octets.len) {
        size_t cap = b->cap * 2 + octets.len + 64;
        b->ptr = memory_resize(b->ptr, cap, 1);
        b->cap = cap;
    }
    memcpy(b->ptr + b->len, octets.ptr, octets.len);
    b->len += octets.len;
}

void bytes_add_text(struct bytes *b, const char *text)
{
    bytes_add(b, span_text(text));
}

void bytes_drop(struct bytes *b, size_t len)
{
    if (len < b->len) {
        memmove(b->ptr, b->ptr + len, b->len - len);
    }
    b->len -= len;
}

void bytes_fini(struct bytes *b)
{
    memory_free(b->ptr);
    *b = (struct bytes){0};
}
