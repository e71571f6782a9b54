/* SPDX-License-Identifier: MIT */
#include "net/buffer.h"

#include <assert.h>

#include "net/memory.h"

enum { BUFFER_MIN = 1024, BUFFER_KEEP = 64 * 1024 };

uint8_t *buffer_room(struct buffer *b, size_t len)
{
    if (b->block == NULL || b->cap - b->start - b->len < len) {
        /* Moving pays off only when it frees much; otherwise the block doubles. */
        if (b->start != 0 && b->cap - b->len >= len && b->start >= b->len) {
            memmove(b->block, b->block + b->start, b->len);
        } else {
            size_t cap = b->cap < BUFFER_MIN ? BUFFER_MIN : b->cap;
            while (cap - b->len < len) {
                cap *= 2;
            }
            uint8_t *block = memory_alloc(cap);
            if (b->len != 0) {
                memcpy(block, b->block + b->start, b->len);
            }
            memory_free(b->block);
            b->block = block;
            b->cap = cap;
        }
        b->start = 0;
    }
    return b->block + b->start + b->len;
}

void buffer_grew(struct buffer *b, size_t len)
{
    assert(len <= b->cap - b->start - b->len);
    b->len += len;
}

void buffer_append(struct buffer *b, struct span octets)
{
    if (octets.len != 0) {
        memcpy(buffer_room(b, octets.len), octets.ptr, octets.len);
        b->len += octets.len;
    }
}

void buffer_text(struct buffer *b, const char *text)
{
    buffer_append(b, span_text(text));
}

void buffer_drop(struct buffer *b, size_t len)
{
    if (len < b->len) {
        b->start += len;
        b->len -= len;
        return;
    }
    b->start = 0;
    b->len = 0;
    if (b->cap > BUFFER_KEEP) {
        buffer_fini(b);
    }
}

void buffer_cut(struct buffer *b, size_t pos, size_t len)
{
    if (pos == 0) {
        buffer_drop(b, len);
        return;
    }
    if (pos >= b->len) {
        return;
    }
    if (len > b->len - pos) {
        len = b->len - pos;
    }
    uint8_t *at = b->block + b->start + pos;
    memmove(at, at + len, b->len - pos - len);
    b->len -= len;
}

void buffer_fini(struct buffer *b)
{
    memory_free(b->block);
    *b = (struct buffer){0};
}
