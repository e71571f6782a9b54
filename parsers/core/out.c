/* SPDX-License-Identifier: MIT */
#include "parsers/core/out.h"

void out_octet(struct out *o, uint8_t octet)
{
    if (o->len < o->cap) {
        o->ptr[o->len] = octet;
    }
    o->len++;
}

void out_bytes(struct out *o, struct span bytes)
{
    if (o->len < o->cap && bytes.len > 0) {
        size_t room = o->cap - o->len;
        memcpy(o->ptr + o->len, bytes.ptr, bytes.len < room ? bytes.len : room);
    }
    o->len += bytes.len;
}

void out_text(struct out *o, const char *text)
{
    out_bytes(o, span_text(text));
}

void out_number(struct out *o, uint64_t value)
{
    out_padded(o, value, 1);
}

void out_padded(struct out *o, uint64_t value, unsigned width)
{
    uint8_t digits[20];
    unsigned count = 0;
    do {
        digits[count++] = (uint8_t)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    for (unsigned i = count; i < width; i++) {
        out_octet(o, '0');
    }
    while (count > 0) {
        out_octet(o, digits[--count]);
    }
}
