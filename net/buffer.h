/* SPDX-License-Identifier: MIT */
/* A growing buffer of octets that is filled at its end and emptied from its front. All-zero is the
   empty buffer. */
#ifndef NET_BUFFER_H
#define NET_BUFFER_H

#include "parsers/core/span.h"

struct buffer {
    uint8_t *block;
    size_t cap;
    size_t start; /* of the octets in the block */
    size_t len;   /* octets */
};

static inline struct span buffer_span(const struct buffer *b)
{
    return (struct span){b->len == 0 ? b->block : b->block + b->start, b->len};
}

/* Room for at least len octets behind the last one; buffer_grew() says how many were put there. */
uint8_t *buffer_room(struct buffer *b, size_t len);
void buffer_grew(struct buffer *b, size_t len);

void buffer_append(struct buffer *b, struct span octets);
void buffer_text(struct buffer *b, const char *text);

/* Drops octets from the front; takes len octets out at pos. */
void buffer_drop(struct buffer *b, size_t len);
void buffer_cut(struct buffer *b, size_t pos, size_t len);

/* Frees the block: the buffer is empty and can be used again. */
void buffer_fini(struct buffer *b);

#endif
