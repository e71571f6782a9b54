/* SPDX-License-Identifier: MIT */
#include "fuzz/check/stream.h"

#include <stdlib.h>

#include "fuzz/check/check.h"

enum { LOG = 256 * 1024 };

struct feed {
    const struct stream_plan *plan;
    struct frame frame;
    size_t units;
    uint8_t *end; /* of a block that holds the whole stream: the octets end where it ends, so that
                     the sanitizer sees each read past them */
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

static struct span shown(const struct feed *feed)
{
    return (struct span){feed->end - feed->len, feed->len};
}

static void add(struct feed *feed, struct span more)
{
    uint8_t *start = feed->end - feed->len;
    if (more.len == 0 || more.ptr == NULL) {
        return;
    }
    memmove(start - more.len, start, feed->len);
    memcpy(feed->end - more.len, more.ptr, more.len);
    feed->len += more.len;
}

static void drop(struct feed *feed, size_t pos, size_t len)
{
    uint8_t *start = feed->end - feed->len;
    memmove(start + len, start, pos);
    feed->len -= len;
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
            CHECK(unit->gaps[i].pos <= unit->octets.len && unit->gaps[i].len > 0,
                  "a gap lies outside of its unit");
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
    CHECK(unit->octets.len <= feed->len && unit->octets.ptr == shown(feed).ptr,
          "a unit is not the front of the buffer");
    CHECK(comes_in_pieces(unit->mode) || feed->plan->limit == 0 ||
              unit->octets.len <= feed->plan->limit,
          "a unit is longer than the limit");
    log_unit(feed, unit);
    drop(feed, 0, unit->octets.len);
    if (!feed->in_piece) {
        feed->units++;
        enter_mode(feed);
    }
}

/* Calls the framer until it needs more; it must make progress with each call. */
static void drain(struct feed *feed)
{
    stream_next_fn *next = feed->plan->next == NULL ? frame_next : feed->plan->next;
    struct frame_unit unit;
    for (;;) {
        switch (next(&feed->frame, shown(feed), &unit)) {
        case FRAME_OK:
        case FRAME_TOO_LONG:
            /* Only a counted run of nothing is a unit without octets. */
            CHECK(unit.octets.len > 0 || unit.mode == FRAME_MODE_COUNT, "a unit has no octets");
            take(feed, &unit);
            break;
        case FRAME_DISCARD:
            CHECK(feed->frame.discard > 0 && feed->frame.discard_pos <= feed->len &&
                      feed->frame.discard <= feed->len - feed->frame.discard_pos,
                  "what is left out lies outside of the buffer");
            drop(feed, feed->frame.discard_pos, feed->frame.discard);
            break;
        case FRAME_MORE:
            CHECK(feed->frame.need > feed->len, "the framer needs octets that it has");
            return;
        }
    }
}

void stream_feed(const struct stream_plan *plan, struct span stream, size_t first, size_t step,
                 struct out *log)
{
    uint8_t *block = malloc(stream.len > 0 ? stream.len : 1);
    CHECK(block != NULL, "memory is out");
    struct feed feed = {.plan = plan, .end = block + stream.len, .log = log};
    frame_init(&feed.frame);
    feed.frame.limit = plan->limit;
    feed.frame.literal_keep = plan->literal_keep;
    feed.frame.is_literal = plan->is_literal;
    enter_mode(&feed);
    size_t pos = 0;
    for (size_t len = first; pos < stream.len || pos == 0; len = step) {
        struct span piece = span_sub(stream, pos, len);
        add(&feed, piece);
        pos += piece.len;
        drain(&feed);
        if (stream.len == 0) {
            break;
        }
    }
    out_text(log, "rest ");
    out_bytes(log, shown(&feed));
    free(block);
}

void check_stream(const struct stream_plan *plan, struct span stream, size_t first, size_t step)
{
    static uint8_t logs[2][LOG];
    struct out whole;
    struct out cut;
    out_init(&whole, logs[0], LOG);
    out_init(&cut, logs[1], LOG);
    stream_feed(plan, stream, stream.len, 1, &whole);
    stream_feed(plan, stream, first, step, &cut);
    CHECK(out_ok(&whole) && span_equal(out_span(&whole), out_span(&cut)),
          "units depend on how the stream is cut");
}
