/* SPDX-License-Identifier: MIT */
/* Bugs in the framer, for check_stream(). */
#include "fuzz/check/stream.h"

#include "fuzz/negative/negative.h"

struct stream_bug {
    stream_next_fn *next;
    enum frame_mode mode;
    size_t limit, literal_keep;
};

static void run(const struct negative *negative, bool planted)
{
    const struct stream_bug *bug = negative->bug;
    const struct stream_plan plan = {.next = planted ? bug->next : NULL,
                                     .modes = {bug->mode},
                                     .mode_count = 1,
                                     .limit = bug->limit,
                                     .literal_keep = bug->literal_keep};
    check_stream(&plan, span_text(negative->input), 3, 1);
}

/* Takes the end of the buffer for the end of a line when that stands in front of a LF. */
static enum frame_rc next_impatient(struct frame *f, struct span buffer, struct frame_unit *out)
{
    enum frame_rc rc = frame_next(f, buffer, out);
    if (rc == FRAME_MORE && buffer.len > 0 && buffer.ptr[buffer.len - 1] == '\r') {
        *out = (struct frame_unit){.octets = buffer, .off = f->off, .mode = f->mode, .last = true};
        f->off += buffer.len;
        f->seen = 0;
        rc = FRAME_OK;
    }
    return rc;
}

static enum frame_rc next_longer(struct frame *f, struct span buffer, struct frame_unit *out)
{
    enum frame_rc rc = frame_next(f, buffer, out);
    out->octets.len = buffer.len + 1;
    return rc;
}

static enum frame_rc next_later(struct frame *f, struct span buffer, struct frame_unit *out)
{
    enum frame_rc rc = frame_next(f, buffer, out);
    out->octets = span_from(out->octets, 1);
    return rc;
}

static enum frame_rc next_empty(struct frame *f, struct span buffer, struct frame_unit *out)
{
    enum frame_rc rc = frame_next(f, buffer, out);
    out->octets.len = 0;
    return rc;
}

static enum frame_rc next_standing(struct frame *f, struct span buffer, struct frame_unit *out)
{
    enum frame_rc rc = frame_next(f, buffer, out);
    f->need = buffer.len;
    return rc;
}

static enum frame_rc next_unlimited(struct frame *f, struct span buffer, struct frame_unit *out)
{
    f->limit = 64;
    return frame_next(f, buffer, out);
}

static enum frame_rc next_discarding(struct frame *f, struct span buffer, struct frame_unit *out)
{
    enum frame_rc rc = frame_next(f, buffer, out);
    f->discard_pos += rc == FRAME_DISCARD ? buffer.len : 0;
    return rc;
}

static enum frame_rc next_gap(struct frame *f, struct span buffer, struct frame_unit *out)
{
    static struct gap gap;
    enum frame_rc rc = frame_next(f, buffer, out);
    if (rc == FRAME_OK) {
        gap = (struct gap){out->octets.len + 1, 1};
        out->gaps = &gap;
        out->gap_count = 1;
    }
    return rc;
}

#define STREAM(name, caught, input, ...)                                                           \
    {                                                                                              \
        name, caught, run, &(const struct stream_bug){__VA_ARGS__}, input                          \
    }

static const struct negative rows[] = {
    STREAM("line ends with the buffer", "units depend on how the stream is cut", "a\r\nb\r\n",
           next_impatient, FRAME_MODE_LINE, 0, 0),
    STREAM("unit longer than the buffer", "a unit is not the front of the buffer", "a\r\n",
           next_longer, FRAME_MODE_LINE, 0, 0),
    STREAM("unit begins late", "a unit is not the front of the buffer", "a\r\n", next_later,
           FRAME_MODE_LINE, 0, 0),
    STREAM("unit without octets", "a unit has no octets", "a\r\n", next_empty, FRAME_MODE_LINE, 0,
           0),
    STREAM("framer stands still", "the framer needs octets that it has", "a\r\n", next_standing,
           FRAME_MODE_LINE, 0, 0),
    STREAM("limit ignored", "a unit is longer than the limit", "abcdefghijkl\r\n", next_unlimited,
           FRAME_MODE_LINE, 8, 0),
    STREAM("wrong octets left out", "what is left out lies outside of the buffer",
           "* {9}\r\n123456789\r\n", next_discarding, FRAME_MODE_IMAP, 0, 2),
    STREAM("gap behind the unit", "a gap lies outside of its unit", "a\r\n", next_gap,
           FRAME_MODE_LINE, 0, 0),
};

const struct negative_group negative_streams = {rows, sizeof rows / sizeof *rows};
