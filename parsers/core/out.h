/* SPDX-License-Identifier: MIT */
/* A writer into the caller's buffer, for the emit functions. Errors stick: write on, ask
   out_ok() once at the end. It counts what it would have written, so a NULL buffer measures. */
#ifndef PARSERS_CORE_OUT_H
#define PARSERS_CORE_OUT_H

#include "parsers/core/span.h"

struct out {
    uint8_t *ptr;
    size_t cap; /* octets */
    size_t len; /* octets written, or that would have been */
};

static inline void out_init(struct out *o, void *buffer, size_t cap)
{
    *o = (struct out){buffer, cap, 0};
}

static inline bool out_ok(const struct out *o)
{
    return o->len <= o->cap;
}

static inline struct span out_span(const struct out *o)
{
    return (struct span){o->ptr, o->len < o->cap ? o->len : o->cap};
}

void out_octet(struct out *o, uint8_t octet);
void out_bytes(struct out *o, struct span bytes);
void out_text(struct out *o, const char *text);
/* Decimal digits. */
void out_number(struct out *o, uint64_t value);
/* Decimal digits with leading zeros up to width. */
void out_padded(struct out *o, uint64_t value, unsigned width);

#endif
