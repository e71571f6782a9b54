/* SPDX-License-Identifier: MIT */
/* Raw DEFLATE in both directions (RFC 4978 section 4), as a transformer of octets. */
#ifndef NET_DEFLATE_H
#define NET_DEFLATE_H

#include "net/buffer.h"

struct deflate;

MUST_USE struct deflate *deflate_new(void);
void deflate_free(struct deflate **deflate);

/* Appends the compressed octets to out, flushed: the peer can read all of them. */
void deflate_pack(struct deflate *deflate, struct span plain, struct buffer *out);

/* Inflates from in (dropping what was used) to the end of out, room octets at most. False when
   the octets are not DEFLATE. */
MUST_USE bool deflate_unpack(struct deflate *deflate, struct buffer *in, struct buffer *out,
                             size_t room);

#endif
