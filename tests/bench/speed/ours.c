/* SPDX-License-Identifier: MIT */
#include "tests/bench/speed/ours.h"

#include "net/memory.h"
#include "parsers/pop3/reply.h"
#include "parsers/smtp/command.h"
#include "parsers/smtp/reply.h"

enum { ARENA = 256 * 1024 * 1024 };

static size_t broken;
static size_t highest;
static size_t findings;

static void *block(unsigned index)
{
    static void *blocks[2];
    if (blocks[index] == NULL) {
        blocks[index] = memory_alloc(ARENA);
    }
    return blocks[index];
}

/* Where a stream is: message data follow some units. */
struct walk {
    struct frame frame;
    struct arena arena;
    size_t lines; /* POP3: status lines so far */
};

static enum parse_rc parse_unit(struct walk *w, enum stream_kind kind, struct parse *p)
{
    union {
        struct imap_response imap_response;
        struct imap_command imap_command;
        struct smtp_reply smtp_reply;
        struct smtp_command smtp_command;
        struct pop3_reply pop3_reply;
    } value;
    static const struct pop3_reply_context retr = {.verb = POP3_RETR, .has_argument = true};
    static const struct pop3_reply_context noop = {.verb = POP3_NOOP};
    enum parse_rc rc = PARSE_OK;
    switch (kind) {
    case STREAM_IMAP_RESPONSE:
        return imap_parse_response(p, &value.imap_response);
    case STREAM_IMAP_COMMAND:
        return imap_parse_command(p, &value.imap_command);
    case STREAM_SMTP_REPLY:
        return smtp_parse_reply(p, &value.smtp_reply);
    case STREAM_SMTP_COMMAND:
        rc = smtp_parse_command(p, &value.smtp_command);
        if (value.smtp_command.verb == SMTP_DATA) {
            frame_set_mode(&w->frame, FRAME_MODE_DOT);
        }
        return rc;
    case STREAM_POP3_REPLY:
        w->lines++;
        rc = pop3_parse_reply(p, w->lines > 3 ? &retr : &noop, &value.pop3_reply);
        if (w->lines > 3) {
            frame_set_mode(&w->frame, FRAME_MODE_DOT);
        }
        return rc;
    }
    return rc;
}

static enum frame_mode line_mode(enum stream_kind kind)
{
    bool imap = kind == STREAM_IMAP_RESPONSE || kind == STREAM_IMAP_COMMAND;
    return imap                        ? FRAME_MODE_IMAP
           : kind == STREAM_SMTP_REPLY ? FRAME_MODE_SMTP_REPLY
                                       : FRAME_MODE_LINE;
}

/* Goes through the stream; ends may be NULL. */
static size_t walk(const struct octet_stream *stream, size_t *ends)
{
    struct walk w = {0};
    struct frame_unit unit;
    struct span rest = {stream->octets, stream->len};
    size_t units = 0;
    frame_init(&w.frame);
    frame_set_mode(&w.frame, line_mode(stream->kind));
    w.frame.limit = SIZE_MAX;
    w.frame.is_literal =
        stream->kind == STREAM_IMAP_RESPONSE ? imap_response_may_have_literal : NULL;
    arena_init(&w.arena, block(0), ARENA);
    broken = 0;
    highest = 0;
    while (rest.len > 0 && frame_next(&w.frame, rest, &unit) == FRAME_OK) {
        if (unit.mode == FRAME_MODE_DOT) {
            if (unit.last) {
                frame_set_mode(&w.frame, line_mode(stream->kind));
            }
        } else {
            struct parse p;
            parse_init(&p, unit.octets, unit.off, &w.arena);
            broken += parse_unit(&w, stream->kind, &p) != PARSE_OK;
            highest = w.arena.used > highest ? w.arena.used : highest;
            arena_release(&w.arena, 0);
        }
        rest = span_from(rest, unit.octets.len);
        if (ends != NULL) {
            ends[units] = stream->len - rest.len;
        }
        units++;
    }
    return rest.len == 0 ? units : 0;
}

size_t ours_parse(const struct octet_stream *stream)
{
    return walk(stream, NULL);
}

size_t ours_ends(const struct octet_stream *stream, size_t **out)
{
    *out = memory_resize(NULL, walk(stream, NULL) + 1, sizeof **out);
    return walk(stream, *out);
}

static enum protocol protocol_of(enum stream_kind kind)
{
    return kind == STREAM_POP3_REPLY                                  ? PROTOCOL_POP3
           : kind == STREAM_SMTP_REPLY || kind == STREAM_SMTP_COMMAND ? PROTOCOL_SMTP
                                                                      : PROTOCOL_IMAP;
}

static void on_finding(void *context, const struct finding *finding)
{
    (void)context;
    (void)finding;
    findings++;
}

size_t ours_judge(const struct octet_stream *stream)
{
    static struct session session;
    const struct talk *talk = stream->talk;
    const struct session_config config = {.protocol = protocol_of(stream->kind),
                                          .unit_limit = SIZE_MAX,
                                          .memory = block(0),
                                          .memory_len = ARENA,
                                          .scratch = block(1),
                                          .scratch_len = ARENA,
                                          .finding = on_finding};
    struct span left[2] = {{talk->side[0].octets, 0}, {talk->side[1].octets, 0}};
    struct session_event event;
    size_t units = 0;
    findings = 0;
    session_init(&session, &config);
    for (size_t i = 0; i < talk->turn_count; i++) {
        enum side side = talk->turns[i].side;
        left[side].len += talk->turns[i].len;
        for (bool moved = true; moved;) {
            moved = false;
            for (unsigned k = 0; k < 2; k++) {
                enum side from = k == 0 ? side : (side == SIDE_CLIENT ? SIDE_SERVER : SIDE_CLIENT);
                while (session_step(&session, from, left[from], &event) == SESSION_EVENT) {
                    left[from] = span_from(left[from], event.unit.octets.len);
                    units++;
                    moved = true;
                }
            }
        }
    }
    return left[0].len + left[1].len == 0 ? units : 0;
}

size_t ours_findings(void)
{
    return findings;
}

size_t ours_broken(void)
{
    return broken;
}

size_t ours_arena(void)
{
    return highest;
}
