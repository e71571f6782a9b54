/* SPDX-License-Identifier: MIT */
/* An IMAP conversation with the server, without sockets, that the session judge listens to. */
#ifndef TESTS_UNIT_SERVER_IMAP_JUDGED_H
#define TESTS_UNIT_SERVER_IMAP_JUDGED_H

#include "net/buffer.h"
#include "net/memory.h"
#include "server/service.h"

#include "tests/support/table.h"

enum { JUDGE_MEMORY = 4 * 1024 * 1024, JUDGE_SCRATCH = 2 * 1024 * 1024 };

struct judged {
    struct service *service;
    struct session session;
    struct buffer sent[2]; /* by side: what the judge has not consumed */
    struct buffer pending; /* what the server has not taken */
    struct buffer out;     /* all that the server has said */
    void *memory;
    unsigned server_findings;
};

static inline void judged_finding(void *context, const struct finding *finding)
{
    struct judged *j = context;
    const char *name = rule_info(finding->rule)->name;
    if (finding->side == SIDE_SERVER) {
        j->server_findings++;
        print_error("finding: %s: %.*s\n", name, (int)finding->unit.len,
                    (const char *)finding->unit.ptr);
    }
}

static inline bool judged_step(struct judged *j, enum side side)
{
    struct session_event event;
    struct session *s = &j->session;
    switch (session_step(s, side, buffer_span(&j->sent[side]), &event)) {
    case SESSION_EVENT:
        buffer_drop(&j->sent[side], event.unit.octets.len);
        return true;
    case SESSION_DISCARD:
        buffer_cut(&j->sent[side], s->frame[side].discard_pos, s->frame[side].discard);
        return true;
    case SESSION_TLS:
        session_tls_started(s, true);
        return true;
    case SESSION_COMPRESS:
        session_compress_started(s);
        return true;
    case SESSION_MORE:
    case SESSION_WAIT:
        break;
    }
    return false;
}

static inline void judged_pump(struct judged *j)
{
    buffer_append(&j->sent[SIDE_SERVER], buffer_span(&j->service->out));
    buffer_append(&j->out, buffer_span(&j->service->out));
    buffer_drop(&j->service->out, j->service->out.len);
    while (judged_step(j, SIDE_SERVER) || judged_step(j, SIDE_CLIENT)) {
    }
}

static inline void judged_open(struct judged *j, const struct service_config *config)
{
    *j = (struct judged){.service = service_new(config, PROTOCOL_IMAP, false)};
    j->memory = memory_zero(1, JUDGE_MEMORY + JUDGE_SCRATCH);
    uint8_t *block = j->memory;
    const struct session_config judge = {.protocol = PROTOCOL_IMAP,
                                         .memory = block,
                                         .memory_len = JUDGE_MEMORY,
                                         .scratch = block + JUDGE_MEMORY,
                                         .scratch_len = JUDGE_SCRATCH,
                                         .finding = judged_finding,
                                         .context = j};
    session_init(&j->session, &judge);
    judged_pump(j);
}

/* Says something, in pieces of step octets, and lets the judge hear both sides. */
static inline void judged_say(struct judged *j, struct span in, size_t step)
{
    while (in.len != 0) {
        struct span piece = span_sub(in, 0, step);
        buffer_append(&j->pending, piece);
        buffer_append(&j->sent[SIDE_CLIENT], piece);
        in = span_from(in, piece.len);
        judged_pump(j);
        size_t taken = 0;
        do {
            taken = service_feed(j->service, buffer_span(&j->pending));
            buffer_drop(&j->pending, taken);
            judged_pump(j);
        } while (taken != 0);
    }
}

static inline void judged_close(struct judged *j)
{
    service_free(&j->service);
    buffer_fini(&j->sent[0]);
    buffer_fini(&j->sent[1]);
    buffer_fini(&j->pending);
    buffer_fini(&j->out);
    memory_free(j->memory);
}

#endif
