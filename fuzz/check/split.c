/* SPDX-License-Identifier: MIT */
#include "fuzz/check/check.h"

enum { WIRE_MAX = 64 * 1024, MEMORY_LEN = 64 * 1024, SCRATCH_LEN = 256 * 1024, LOG_MAX = 4096 };

/* What a session said, in short. */
struct log {
    uint64_t entries[LOG_MAX];
    size_t count;
};

struct run {
    struct session session;
    split_step_fn *step;
    struct log findings;
    struct log events;
    uint8_t wire[2][WIRE_MAX];
    size_t len[2];
};

/* As in FNV-1a, a value at a time: enough to tell entries apart. */
#define FNV_BASIS 0xCBF29CE484222325U

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x100000001B3U;
    return hash ^ hash >> 32;
}

static void log_add(struct log *log, uint64_t entry)
{
    if (log->count < LOG_MAX) {
        log->entries[log->count++] = entry;
    }
}

static void on_finding(void *context, const struct finding *finding)
{
    struct run *run = context;
    CHECK(finding->rule != RULE_NONE, "a finding names no rule");
    CHECK(finding->unit.len == 0 || finding->off >= finding->unit_off,
          "a finding lies before its unit");
    uint64_t entry =
        mix(mix(mix(mix(FNV_BASIS, finding->rule), finding->side), finding->off), finding->len);
    log_add(&run->findings, mix(entry, finding->consequence));
}

static void drop(struct run *run, enum side side, size_t pos, size_t len)
{
    uint8_t *wire = run->wire[side];
    CHECK(pos + len <= run->len[side], "a unit is longer than its buffer");
    memmove(wire + pos, wire + pos + len, run->len[side] - pos - len);
    run->len[side] -= len;
}

static bool step(struct run *run, enum side side, bool *tls)
{
    struct session *s = &run->session;
    struct span buffer = {run->wire[side], run->len[side]};
    struct session_event event;
    switch (run->step(s, side, buffer, &event)) {
    case SESSION_EVENT:
        check_span_inside(event.unit.octets, buffer);
        if (event.kind != EVENT_DATA) {
            log_add(&run->events, mix(mix(mix(1, event.kind), event.side), event.command));
        }
        drop(run, side, 0, event.unit.octets.len);
        return true;
    case SESSION_DISCARD:
        drop(run, side, s->frame[side].discard_pos, s->frame[side].discard);
        return true;
    case SESSION_TLS:
        if (*tls) {
            *tls = false;
            session_tls_started(s, true);
            return true;
        }
        break;
    case SESSION_COMPRESS:
        session_compress_started(s);
        return true;
    case SESSION_MORE:
    case SESSION_WAIT:
        break;
    }
    return false;
}

/* One side has new octets; the other one has said all that it can. Where it holds some back it is
   asked again after each unit: it may have waited for that unit, and would go on before the next
   one if the octets came one by one. */
static void pump(struct run *run, enum side first, bool tls)
{
    enum side other = first == SIDE_CLIENT ? SIDE_SERVER : SIDE_CLIENT;
    size_t steps = 0;
    while (step(run, first, &tls)) {
        bool waits = run->len[other] > 0;
        while (waits && step(run, other, &tls)) {
            CHECK(++steps < 4U * WIRE_MAX, "the session goes on without octets");
        }
        CHECK(++steps < 4U * WIRE_MAX, "the session goes on without octets");
    }
}

/* How the records are cut. */
struct cuts {
    size_t most; /* octets in a piece */
    uint64_t seed;
};

static size_t next_cut(struct cuts *cuts)
{
    cuts->seed = mix(cuts->seed, cuts->most);
    return cuts->most == SIZE_MAX ? SIZE_MAX : 1 + (cuts->seed >> 32) % cuts->most;
}

static void play(struct run *run, enum protocol protocol, struct span data, struct cuts cuts)
{
    static _Alignas(16) uint8_t memory[MEMORY_LEN];
    static _Alignas(16) uint8_t scratch[SCRATCH_LEN];
    run->findings.count = 0;
    run->events.count = 0;
    run->len[SIDE_CLIENT] = 0;
    run->len[SIDE_SERVER] = 0;
    const struct session_config config = {.protocol = protocol,
                                          .memory = memory,
                                          .memory_len = sizeof memory,
                                          .scratch = scratch,
                                          .scratch_len = sizeof scratch,
                                          .finding = on_finding,
                                          .context = run};
    session_init(&run->session, &config);
    for (size_t pos = 0; pos < data.len;) {
        enum side side = (data.ptr[pos] & 0x80) != 0 ? SIDE_SERVER : SIDE_CLIENT;
        struct span record = span_sub(data, pos + 1, data.ptr[pos] & 0x7F);
        pos += 1 + record.len;
        if (record.len == 0) {
            pump(run, side == SIDE_CLIENT ? SIDE_SERVER : SIDE_CLIENT, true);
            pump(run, side, true);
        }
        while (record.len > 0 && run->len[side] < WIRE_MAX) {
            struct span piece = span_sub(record, 0, next_cut(&cuts));
            piece = span_sub(piece, 0, WIRE_MAX - run->len[side]);
            memcpy(run->wire[side] + run->len[side], piece.ptr, piece.len);
            run->len[side] += piece.len;
            record = span_from(record, piece.len);
            pump(run, side, false);
        }
    }
    for (size_t side = 0; side < 2; side++) {
        session_end(&run->session, (enum side)side, (struct span){run->wire[side], run->len[side]});
    }
}

static void check_same(const struct log *a, const struct log *b, const char *text)
{
    CHECK(a->count == b->count, text);
    for (size_t i = 0; i < a->count; i++) {
        CHECK(a->entries[i] == b->entries[i], text);
    }
}

void check_split_invariance_of(split_step_fn *step_function, enum protocol protocol,
                               struct span data)
{
    static struct run whole;
    static struct run cut;
    whole.step = step_function;
    cut.step = step_function;
    if (data.len > WIRE_MAX) {
        return;
    }
    play(&whole, protocol, data, (struct cuts){.most = SIZE_MAX});
    uint64_t hash = FNV_BASIS;
    for (size_t i = 0; i < data.len; i++) {
        hash = mix(hash, data.ptr[i]);
    }
    /* Octet by octet, which takes long, or in pieces of any length: the input's octets choose. */
    play(&cut, protocol, data, (struct cuts){(hash & 0x1F) == 0 ? 1 : 32, hash});
    check_same(&whole.events, &cut.events, "events depend on how the input is cut");
    check_same(&whole.findings, &cut.findings, "findings depend on how the input is cut");
}

void check_split_invariance(enum protocol protocol, struct span data)
{
    check_split_invariance_of(session_step, protocol, data);
}
