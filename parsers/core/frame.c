/* SPDX-License-Identifier: MIT */
#include "parsers/core/frame.h"

/* Message data ends with CRLF "." CRLF; at the very start "." CRLF is enough, as the CRLF before
   it ended the command. A piece ends where a terminator could still begin. */
enum { DOT_NONE, DOT_CR, DOT_CRLF, DOT_DOT, DOT_DOT_CR };

void frame_init(struct frame *f)
{
    *f = (struct frame){.mode = FRAME_MODE_LINE};
}

void frame_set_mode(struct frame *f, enum frame_mode mode)
{
    if (f->mode != mode) {
        f->mode = mode;
        f->seen = 0;
        f->line_start = 0;
        f->dot_state = DOT_CRLF;
    }
}

void frame_restart(struct frame *f)
{
    f->sync = FRAME_SYNC_NONE;
    f->seen = 0;
    f->line_start = 0;
    f->skip = 0;
    f->gap_count = 0;
    f->need = 0;
}

static size_t limit_of(const struct frame *f)
{
    return f->limit > 0 ? f->limit : FRAME_LINE_LIMIT;
}

/* Hands out the first len octets as a unit and makes the framer ready for the next one. */
static enum frame_rc deliver(struct frame *f, struct span buffer, size_t len,
                             struct frame_unit *out)
{
    *out = (struct frame_unit){.octets = span_sub(buffer, 0, len),
                               .off = f->off,
                               .gaps = f->gaps,
                               .gap_count = f->gap_count,
                               .mode = f->mode,
                               .line_start = f->line_start};
    f->off += len;
    for (size_t i = 0; i < f->gap_count; i++) {
        f->off += f->gaps[i].len;
    }
    f->seen = 0;
    f->line_start = 0;
    f->gap_count = 0;
    f->need = 0;
    return FRAME_OK;
}

static enum frame_rc more(struct frame *f, size_t need)
{
    f->need = need;
    return FRAME_MORE;
}

/* The unit does not end within the limit: hand out its first len octets. The length does not
   depend on what has come so far, so that a unit is the same however the stream is cut. */
static enum frame_rc too_long(struct frame *f, struct span buffer, size_t len,
                              struct frame_unit *out)
{
    (void)deliver(f, buffer, len, out);
    out->truncated = true;
    return FRAME_TOO_LONG;
}

/* Finds the LF that ends the line, within the limit; seen is behind it on success. */
static enum frame_rc find_line_end(struct frame *f, struct span buffer, struct frame_unit *out)
{
    bool ended = false;
    if (f->seen < buffer.len) {
        const uint8_t *lf = memchr(buffer.ptr + f->seen, '\n', buffer.len - f->seen);
        ended = lf != NULL;
        f->seen = ended ? (size_t)(lf - buffer.ptr) + 1 : buffer.len;
    }
    size_t limit = limit_of(f);
    if (f->seen <= buffer.len && (f->seen > limit || (!ended && f->seen == limit))) {
        return too_long(f, buffer, limit, out);
    }
    return ended ? FRAME_OK : more(f, f->seen + 1);
}

static enum frame_rc next_line(struct frame *f, struct span buffer, struct frame_unit *out)
{
    enum frame_rc rc = find_line_end(f, buffer, out);
    return rc == FRAME_OK ? deliver(f, buffer, f->seen, out) : rc;
}

/* RFC 5321 section 4.2.1: every line of a multiline reply but the last has "-" behind the code. */
static enum frame_rc next_smtp_reply(struct frame *f, struct span buffer, struct frame_unit *out)
{
    for (;;) {
        enum frame_rc rc = find_line_end(f, buffer, out);
        if (rc != FRAME_OK) {
            return rc;
        }
        struct span line = span_sub(buffer, f->line_start, f->seen - f->line_start);
        bool goes_on = line.len > 3 && octet_is(line.ptr[0], CLASS_DIGIT) && line.ptr[3] == '-';
        if (!goes_on) {
            return deliver(f, buffer, f->seen, out);
        }
        f->line_start = f->seen;
    }
}

bool frame_literal_head(struct span line, struct literal_head *out)
{
    *out = (struct literal_head){0};
    size_t i = line.len;
    if (i < 5 || line.ptr[i - 1] != '\n' || line.ptr[i - 2] != '\r' || line.ptr[i - 3] != '}') {
        return false;
    }
    i -= 3;
    if (line.ptr[i - 1] == '+') {
        out->nonsync = true;
        i--;
    }
    size_t end = i;
    while (i > 0 && octet_is(line.ptr[i - 1], CLASS_DIGIT)) {
        i--;
    }
    if (i == end || i == 0 || line.ptr[i - 1] != '{') {
        return false;
    }
    for (size_t digit = i; digit < end; digit++) {
        uint64_t value = (uint64_t)(line.ptr[digit] - '0');
        if (out->len > (INT64_MAX - value) / 10) {
            return false;
        }
        out->len = out->len * 10 + value;
    }
    i--;
    out->binary = i > 0 && line.ptr[i - 1] == '~';
    out->pos = out->binary ? i - 1 : i;
    return true;
}

/* seen stands behind the line that announces the literal: goes over the literal itself, as far as
   it is kept. False when it has no room in the unit. */
static bool skip_literal(struct frame *f, uint64_t len)
{
    bool cut = f->literal_keep > 0 && len > f->literal_keep && f->gap_count < FRAME_MAX_GAPS;
    uint64_t keep = cut ? f->literal_keep : len;
    if (f->seen > limit_of(f) || keep > limit_of(f) - f->seen) {
        return false;
    }
    f->seen += (size_t)keep;
    f->line_start = f->seen;
    if (cut) {
        f->skip = len - keep;
        f->gaps[f->gap_count++] = (struct gap){f->seen, f->skip};
    }
    return true;
}

static enum frame_rc discard(struct frame *f, struct span buffer)
{
    size_t there = buffer.len > f->seen ? buffer.len - f->seen : 0;
    if (there == 0) {
        return more(f, f->seen + 1);
    }
    f->discard_pos = f->seen;
    f->discard = there < f->skip ? there : (size_t)f->skip;
    f->skip -= f->discard;
    return FRAME_DISCARD;
}

/* The unit ends before the literal that the server refused. */
static enum frame_rc refused(struct frame *f, struct span buffer, struct frame_unit *out)
{
    f->sync = FRAME_SYNC_NONE;
    (void)deliver(f, buffer, f->seen, out);
    out->truncated = true;
    return FRAME_OK;
}

static enum frame_rc next_imap(struct frame *f, struct span buffer, struct frame_unit *out)
{
    for (;;) {
        if (f->skip > 0) {
            return discard(f, buffer);
        }
        if (f->sync == FRAME_SYNC_REFUSED) {
            return refused(f, buffer, out);
        }
        if (f->sync == FRAME_SYNC_WAIT) {
            return more(f, f->seen + 1);
        }
        enum frame_rc rc = f->sync == FRAME_SYNC_GO ? FRAME_OK : find_line_end(f, buffer, out);
        if (rc != FRAME_OK) {
            return rc;
        }
        struct span line = span_sub(buffer, f->line_start, f->seen - f->line_start);
        struct literal_head head;
        if (!frame_literal_head(line, &head) ||
            (f->is_literal != NULL && !f->is_literal(span_sub(buffer, 0, f->seen)))) {
            return deliver(f, buffer, f->seen, out);
        }
        if (f->sync_stop && !head.nonsync && f->sync == FRAME_SYNC_NONE) {
            f->sync = FRAME_SYNC_WAIT;
            return more(f, f->seen + 1);
        }
        f->sync = FRAME_SYNC_NONE;
        if (!skip_literal(f, head.len)) {
            return too_long(f, buffer, f->seen, out);
        }
    }
}

static enum frame_rc next_dot(struct frame *f, struct span buffer, struct frame_unit *out)
{
    /* How many octets of a possible terminator are held back, by state. */
    static const uint8_t held[] = {0, 0, 0, 1, 2};
    size_t pos = f->seen;
    while (pos < buffer.len) {
        uint8_t octet = buffer.ptr[pos];
        if (f->dot_state == DOT_NONE) {
            const uint8_t *cr = memchr(buffer.ptr + pos, '\r', buffer.len - pos);
            if (cr == NULL) {
                pos = buffer.len;
                break;
            }
            pos = (size_t)(cr - buffer.ptr) + 1;
            f->dot_state = DOT_CR;
            continue;
        }
        pos++;
        if (f->dot_state == DOT_DOT_CR && octet == '\n') {
            f->dot_state = DOT_CRLF;
            (void)deliver(f, buffer, pos, out);
            out->last = true;
            return FRAME_OK;
        }
        if (octet == '\r') {
            f->dot_state = f->dot_state == DOT_DOT ? DOT_DOT_CR : DOT_CR;
        } else if (octet == '\n' && f->dot_state == DOT_CR) {
            f->dot_state = DOT_CRLF;
        } else if (octet == '.' && f->dot_state == DOT_CRLF) {
            f->dot_state = DOT_DOT;
        } else {
            f->dot_state = DOT_NONE;
        }
    }
    f->seen = pos;
    size_t back = held[f->dot_state];
    if (pos <= back) {
        return more(f, buffer.len + 1);
    }
    uint8_t state = f->dot_state;
    (void)deliver(f, buffer, pos - back, out);
    f->dot_state = state;
    f->seen = back;
    return FRAME_OK;
}

static enum frame_rc next_count(struct frame *f, struct span buffer, struct frame_unit *out)
{
    if (f->counted > 0 && buffer.len == 0) {
        return more(f, 1);
    }
    size_t len = buffer.len < f->counted ? buffer.len : (size_t)f->counted;
    (void)deliver(f, buffer, len, out);
    f->counted -= len;
    out->last = f->counted == 0;
    return FRAME_OK;
}

enum frame_rc frame_next(struct frame *f, struct span buffer, struct frame_unit *out)
{
    switch (f->mode) {
    case FRAME_MODE_LINE:
        return next_line(f, buffer, out);
    case FRAME_MODE_SMTP_REPLY:
        return next_smtp_reply(f, buffer, out);
    case FRAME_MODE_IMAP:
        return next_imap(f, buffer, out);
    case FRAME_MODE_DOT:
        return next_dot(f, buffer, out);
    case FRAME_MODE_COUNT:
        return next_count(f, buffer, out);
    case FRAME_MODE_OPAQUE:
        return buffer.len > 0 ? deliver(f, buffer, buffer.len, out) : more(f, 1);
    }
    return more(f, 1);
}
