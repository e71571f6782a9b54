/* SPDX-License-Identifier: MIT */
#include "net/deflate.h"

#include <stdlib.h>

#include <zlib.h>

#include "net/memory.h"

struct deflate {
    z_stream packing;
    z_stream unpacking;
    bool failed;
};

enum { STEP = 16 * 1024 };

struct deflate *deflate_new(void)
{
    struct deflate *d = memory_zero(1, sizeof *d);
    if (deflateInit2(&d->packing, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) !=
            Z_OK ||
        inflateInit2(&d->unpacking, -15) != Z_OK) {
        abort();
    }
    return d;
}

void deflate_free(struct deflate **deflate)
{
    if (*deflate != NULL) {
        (void)deflateEnd(&(*deflate)->packing);
        (void)inflateEnd(&(*deflate)->unpacking);
        memory_free(*deflate);
        *deflate = NULL;
    }
}

/* zlib wants the input writable, though it only reads. */
static Bytef *input_of(struct span octets)
{
    return (Bytef *)(uintptr_t)octets.ptr;
}

void deflate_pack(struct deflate *d, struct span plain, struct buffer *out)
{
    while (plain.len != 0) {
        struct span part = span_sub(plain, 0, UINT32_MAX);
        plain = span_from(plain, part.len);
        d->packing.next_in = input_of(part);
        d->packing.avail_in = (uInt)part.len;
        do {
            d->packing.next_out = buffer_room(out, STEP);
            d->packing.avail_out = STEP;
            (void)deflate(&d->packing, plain.len == 0 ? Z_SYNC_FLUSH : Z_NO_FLUSH);
            buffer_grew(out, STEP - d->packing.avail_out);
        } while (d->packing.avail_out == 0);
    }
}

bool deflate_unpack(struct deflate *d, struct buffer *in, struct buffer *out, size_t room)
{
    bool full = true;
    while (room != 0 && !d->failed && (in->len != 0 || full)) {
        size_t step = room < STEP ? room : STEP;
        struct span octets = span_sub(buffer_span(in), 0, UINT32_MAX);
        d->unpacking.next_in = input_of(octets);
        d->unpacking.avail_in = (uInt)octets.len;
        d->unpacking.next_out = buffer_room(out, step);
        d->unpacking.avail_out = (uInt)step;
        int rc = inflate(&d->unpacking, Z_SYNC_FLUSH);
        size_t got = step - d->unpacking.avail_out;
        buffer_grew(out, got);
        buffer_drop(in, octets.len - d->unpacking.avail_in);
        room -= got;
        full = d->unpacking.avail_out == 0;
        /* Z_BUF_ERROR: nothing to do without more input. An end of the stream that is followed by
           more octets is no DEFLATE stream of RFC 4978. */
        if (rc == Z_BUF_ERROR) {
            break;
        }
        d->failed = rc != Z_OK && (rc != Z_STREAM_END || in->len != 0);
        if (rc == Z_STREAM_END) {
            break;
        }
    }
    return !d->failed;
}
