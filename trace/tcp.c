/* SPDX-License-Identifier: MIT */
#include "trace/tcp.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "net/memory.h"

struct tcp_stash {
    struct tcp_stash *next;
    uint32_t seq;
    size_t len;
    double seconds;
    uint64_t number;
    uint8_t octets[];
};

enum { MAX_STASH = 4 * 1024 * 1024, MAX_GAP = 16 * 1024 * 1024 };

static bool end_equal(const struct tcp_end *a, const struct tcp_end *b)
{
    return a->port == b->port && a->v6 == b->v6 && memcmp(a->address, b->address, 16) == 0;
}

static bool is_mail_port(uint16_t port)
{
    static const uint16_t ports[] = {24, 25, 110, 143, 465, 587, 993, 995, 2525, 0};
    for (const uint16_t *p = ports; *p != 0; p++) {
        if (*p == port) {
            return true;
        }
    }
    return false;
}

/* Who opened the connection: the SYN tells; else the well-known port; else the lower one. */
static bool from_client(const struct tcp_segment *s)
{
    if (s->syn) {
        return !s->ack;
    }
    if (is_mail_port(s->from.port) != is_mail_port(s->to.port)) {
        return is_mail_port(s->to.port);
    }
    return s->from.port > s->to.port;
}

static char *end_text(const struct tcp_end *end)
{
    char text[INET6_ADDRSTRLEN] = "";
    (void)inet_ntop(end->v6 ? AF_INET6 : AF_INET, end->address, text, sizeof text);
    return memory_format(end->v6 ? "[%s]:%u" : "%s:%u", text, (unsigned)end->port);
}

static struct tcp_connection *connection_new(struct tcp_table *t, const struct tcp_segment *s)
{
    t->connections = memory_resize(t->connections, t->count + 1, sizeof t->connections[0]);
    struct tcp_connection *c = &t->connections[t->count++];
    bool client = from_client(s);
    *c = (struct tcp_connection){.client = client ? s->from : s->to,
                                 .server = client ? s->to : s->from};
    char *from = end_text(&c->client);
    char *to = end_text(&c->server);
    c->conversation.name = memory_format("%s > %s", from, to);
    c->conversation.key = memory_text(span_text(c->conversation.name));
    c->conversation.from_start = s->syn;
    memory_free(from);
    memory_free(to);
    return c;
}

static struct tcp_connection *connection_find(struct tcp_table *t, const struct tcp_segment *s,
                                              enum side *side)
{
    for (size_t i = t->count; i > 0; i--) {
        struct tcp_connection *c = &t->connections[i - 1];
        bool client = end_equal(&s->from, &c->client) && end_equal(&s->to, &c->server);
        bool server = end_equal(&s->from, &c->server) && end_equal(&s->to, &c->client);
        if (client || server) {
            /* The same ports again, after the end: a new connection. */
            if (s->syn && !s->ack && c->flow[SIDE_CLIENT].ended) {
                return NULL;
            }
            *side = client ? SIDE_CLIENT : SIDE_SERVER;
            return c;
        }
    }
    return NULL;
}

static void deliver(struct tcp_connection *c, enum side side, struct span octets, uint64_t number,
                    double seconds)
{
    const struct piece where = {.line = number, .seconds = seconds};
    if (octets.len > 0) {
        conversation_add(&c->conversation, side, octets, &where);
        c->flow[side].next += (uint32_t)octets.len;
    }
}

/* Takes from the stash what is due now. */
static void unstash(struct tcp_connection *c, enum side side)
{
    struct tcp_flow *f = &c->flow[side];
    while (f->stash != NULL && (int32_t)(f->stash->seq - f->next) <= 0) {
        struct tcp_stash *s = f->stash;
        f->stash = s->next;
        f->stashed -= s->len;
        size_t old = f->next - s->seq;
        if (old < s->len) {
            deliver(c, side, (struct span){s->octets + old, s->len - old}, s->number, s->seconds);
        }
        memory_free(s);
    }
}

/* The capture does not have what comes next: a hole as long as what is missing. */
static void skip_gap(struct tcp_connection *c, enum side side)
{
    static const uint8_t filler[1024] = {0};
    struct tcp_flow *f = &c->flow[side];
    if (f->stash == NULL) {
        return;
    }
    uint32_t gap = f->stash->seq - f->next;
    if (gap > MAX_GAP) {
        f->next = f->stash->seq;
        gap = 0;
    }
    while (gap > 0) {
        size_t part = gap < sizeof filler ? gap : sizeof filler;
        deliver(c, side, (struct span){filler, part}, f->stash->number, f->stash->seconds);
        conversation_add_hole_at_end(&c->conversation, side, part, false);
        gap -= (uint32_t)part;
    }
    unstash(c, side);
}

static void stash(struct tcp_flow *f, const struct tcp_segment *s)
{
    struct tcp_stash **at = &f->stash;
    while (*at != NULL && (int32_t)((*at)->seq - s->seq) < 0) {
        at = &(*at)->next;
    }
    struct tcp_stash *node = memory_alloc(sizeof *node + s->payload.len);
    *node = (struct tcp_stash){.next = *at,
                               .seq = s->seq,
                               .len = s->payload.len,
                               .seconds = s->seconds,
                               .number = s->number};
    memcpy(node->octets, s->payload.ptr, s->payload.len);
    *at = node;
    f->stashed += s->payload.len;
}

void tcp_take(struct tcp_table *t, const struct tcp_segment *segment)
{
    enum side side = SIDE_CLIENT;
    struct tcp_connection *c = connection_find(t, segment, &side);
    if (c == NULL) {
        if (segment->payload.len == 0 && !segment->syn) {
            return;
        }
        c = connection_new(t, segment);
        side = end_equal(&segment->from, &c->client) ? SIDE_CLIENT : SIDE_SERVER;
    }
    struct tcp_flow *f = &c->flow[side];
    struct tcp_segment s = *segment;
    if (s.syn) {
        s.seq++;
    }
    if (!f->started) {
        f->started = true;
        f->next = s.seq;
    }
    int32_t ahead = (int32_t)(s.seq - f->next);
    if (ahead > 0 && s.payload.len > 0) {
        stash(f, &s);
        if (f->stashed > MAX_STASH) {
            skip_gap(c, side);
        }
    } else if ((size_t) - (int64_t)ahead < s.payload.len) {
        deliver(c, side, span_from(s.payload, (size_t) - (int64_t)ahead), s.number, s.seconds);
        unstash(c, side);
    }
    f->ended = f->ended || s.fin || s.rst;
}

void tcp_finish(struct tcp_table *t, struct recording *r)
{
    for (size_t i = 0; i < t->count; i++) {
        struct tcp_connection *c = &t->connections[i];
        for (int side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
            while (c->flow[side].stash != NULL) {
                skip_gap(c, (enum side)side);
            }
        }
        c->conversation.closed = c->flow[SIDE_CLIENT].ended || c->flow[SIDE_SERVER].ended;
        r->conversations =
            memory_resize(r->conversations, r->count + 1, sizeof r->conversations[0]);
        r->conversations[r->count++] = c->conversation;
    }
    memory_free(t->connections);
    *t = (struct tcp_table){0};
}
