/* SPDX-License-Identifier: MIT */
/* Feeds a stream to a framer in pieces, as a connection would, and writes down what comes out in a
   form that does not depend on the cuts: two logs of one stream must be equal. Breaches of the
   framer's contract end the program. */
#ifndef FUZZ_CHECK_STREAM_H
#define FUZZ_CHECK_STREAM_H

#include "parsers/core/frame.h"
#include "parsers/core/out.h"

typedef enum frame_rc stream_next_fn(struct frame *f, struct span buffer, struct frame_unit *out);

/* What a session would decide: the mode of each unit in turn, again from the start at the end. */
struct stream_plan {
    stream_next_fn *next; /* NULL: frame_next */
    enum frame_mode modes[4];
    size_t mode_count;
    uint64_t counted; /* octets of each FRAME_MODE_COUNT; not 0 in a plan of nothing else */
    size_t limit;
    size_t literal_keep;
    bool (*is_literal)(struct span unit);
};

/* Shows the framer first octets, then step more at a time (step > 0). */
void stream_feed(const struct stream_plan *plan, struct span stream, size_t first, size_t step,
                 struct out *log);

/* The same units come out however the stream is cut. */
void check_stream(const struct stream_plan *plan, struct span stream, size_t first, size_t step);

#endif
