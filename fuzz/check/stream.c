/* SPDX-License-Identifier: MIT */
#include "fuzz/check/stream.h"

#include <stdlib.h>

/* Stays in release builds, where assert may not, and names no file: the caller's trace does. */
static void demand(bool holds)
{
    if (!holds) {
        abort();
    }
}

struct feed {
    const struct stream_plan *plan;
    struct frame frame;
    size_t units;
    uint8_t *buffer; /* exactly len octets, so that the sanitizer sees each read past the end */
    size_t len;
    bool in_piece; /* the log is in the middle of a run of pieces */
    struct out *log;
};

static void enter_mode(struct feed *feed)
{
    enum frame_mode mode = feed->plan->modes[feed->units % feed->plan->mode_count];
    frame_set_mode(&feed->frame, mode);
    if (mode == FRAME_MODE_COUNT) {
        feed->frame.counted = feed->plan->counted;
    }
}

/* Makes the buffer a new block without len octets at pos, with more octets of the stream. */
static void change(struct feed *feed, size_t pos, size_t len, struct span more)
{
    size_t new_len = feed->len - len + more.len;
    uint8_t *block = malloc(new_len > 0 ? new_len : 1);
    demand(block != NULL);
    struct span old = {feed->buffer, feed->len};
    struct out out;
    out_init(&out, block, new_len);
    out_bytes(&out, span_sub(old, 0, pos));
    out_bytes(&out, span_from(old, pos + len));
    out_bytes(&out, more);
    free(feed->buffer);
    feed->buffer = block;
    feed->len = new_len;
}

static bool comes_in_pieces(enum frame_mode mode)
{
    return mode == FRAME_MODE_DOT || mode == FRAME_MODE_COUNT || mode == FRAME_MODE_OPAQUE;
}

static void log_unit(struct feed *feed, const struct frame_unit *unit)
{
    if (!feed->in_piece) {
        out_text(feed->log, "<");
        out_number(feed->log, unit->off);
        out_text(feed->log, unit->truncated ? " cut" : "");
        for (size_t i = 0; i < unit->gap_count; i++) {
            demand(unit->gaps[i].pos <= unit->octets.len && unit->gaps[i].len > 0);
            out_text(feed->log, " gap ");
            out_number(feed->log, unit->gaps[i].pos);
            out_text(feed->log, "+");
            out_number(feed->log, unit->gaps[i].len);
        }
        out_text(feed->log, "|");
    }
    out_bytes(feed->log, unit->octets);
    feed->in_piece = comes_in_pieces(unit->mode) && !unit->last;
    out_text(feed->log, feed->in_piece ? "" : ">");
}

static void take(struct feed *feed, const struct frame_unit *unit)
{
    demand(unit->octets.len <= feed->len && unit->octets.ptr == feed->buffer);
    demand(comes_in_pieces(unit->mode) || feed->plan->limit == 0 ||
           unit->octets.len <= feed->plan->limit);
    log_unit(feed, unit);
    change(feed, 0, unit->octets.len, (struct span){NULL, 0});
    if (!feed->in_piece) {
        feed->units++;
        enter_mode(feed);
    }
}

/* Calls the framer until it needs more; it must make progress with each call. */
static void drain(struct feed *feed)
{
    struct frame_unit unit;
    for (;;) {
        switch (frame_next(&feed->frame, (struct span){feed->buffer, feed->len}, &unit)) {
        case FRAME_OK:
        case FRAME_TOO_LONG:
            /* Only a counted run of nothing is a unit without octets. */
            demand(unit.octets.len > 0 || unit.mode == FRAME_MODE_COUNT);
            take(feed, &unit);
            break;
        case FRAME_DISCARD:
            demand(feed->frame.discard > 0 && feed->frame.discard_pos <= feed->len &&
                   feed->frame.discard <= feed->len - feed->frame.discard_pos);
            change(feed, feed->frame.discard_pos, feed->frame.discard, (struct span){NULL, 0});
            break;
        case FRAME_MORE:
            demand(feed->frame.need > feed->len);
            return;
        }
    }
}

void stream_feed(const struct stream_plan *plan, struct span stream, size_t first, size_t step,
                 struct out *log)
{
    struct feed feed = {.plan = plan, .log = log};
    frame_init(&feed.frame);
    feed.frame.limit = plan->limit;
    feed.frame.literal_keep = plan->literal_keep;
    feed.frame.is_literal = plan->is_literal;
    enter_mode(&feed);
    size_t pos = 0;
    for (size_t len = first; pos < stream.len || pos == 0; len = step) {
        struct span piece = span_sub(stream, pos, len);
        change(&feed, feed.len, 0, piece);
        pos += piece.len;
        drain(&feed);
        if (stream.len == 0) {
            break;
        }
    }
    out_text(log, "rest ");
    out_bytes(log, (struct span){feed.buffer, feed.len});
    free(feed.buffer);
}
