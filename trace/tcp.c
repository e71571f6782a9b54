/* SPDX-License-Identifier: MIT */
#include "trace/tcp.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "net/memory.h"

struct tcp_packet {
    struct tcp_packet *next;
    enum side side;
    bool acks;      /* ack is set */
    uint64_t start; /* in the flow of its side */
    uint64_t ack;   /* in the flow of the other side */
    size_t len;
    double seconds;
    uint64_t number;
    uint8_t octets[];
};

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

/* Where the sequence number is in the flow: near the last one. */
static uint64_t place(struct tcp_flow *f, uint32_t seq)
{
    enum { START = 1 };
    if (!f->started) {
        f->started = true;
        f->seq = seq;
        f->near = (uint64_t)START << 32; /* what is captured later may stand before it */
    }
    return f->near + (uint64_t)(int64_t)(int32_t)(seq - f->seq);
}

static void keep(struct tcp_connection *c, enum side side, const struct tcp_segment *s)
{
    enum side other = side == SIDE_CLIENT ? SIDE_SERVER : SIDE_CLIENT;
    struct tcp_flow *f = &c->flow[side];
    struct tcp_packet *packet = memory_alloc(sizeof *packet + s->payload.len);
    uint32_t seq = s->seq + s->syn;
    *packet = (struct tcp_packet){.side = side,
                                  .acks = s->ack && c->flow[other].started,
                                  .start = place(f, seq),
                                  .len = s->payload.len,
                                  .seconds = s->seconds,
                                  .number = s->number};
    if (packet->acks) {
        packet->ack = place(&c->flow[other], s->ack_seq);
    }
    if (s->payload.len > 0) {
        memcpy(packet->octets, s->payload.ptr, s->payload.len);
    }
    f->seq = seq;
    f->near = packet->start;
    *(c->last == NULL ? &c->first : &c->last->next) = packet;
    c->last = packet;
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
    c->flow[side].ended = c->flow[side].ended || segment->fin || segment->rst;
    if (!segment->rst) {
        keep(c, side, segment);
    }
}

/* --- putting together ------------------------------------------------------------------------- */

enum { MOST_FILLED = 16 * 1024 * 1024, LEAST_FILLED = 1024 };

struct range {
    uint64_t start;
    uint64_t end;
};

/* One side's octets while they are put together. */
struct assembly {
    struct tcp_connection *connection;
    enum side side;
    uint64_t next;       /* is due */
    struct range *holes; /* what no packet holds, ascending; the last one has no end */
    size_t hole;         /* the first that is not behind */
    const struct tcp_packet **waiting; /* came too early, ascending by start */
    size_t waiting_count;
    size_t waiting_cap;
    size_t filled; /* octets put in place of what is lacking */
};

static int compare_ranges(const void *a, const void *b)
{
    const struct range *x = a;
    const struct range *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

/* What the side's packets hold, ascending; new memory. */
static struct range *captured(const struct tcp_connection *c, enum side side, size_t *count)
{
    struct range *ranges = NULL;
    size_t cap = 0;
    *count = 0;
    for (const struct tcp_packet *p = c->first; p != NULL; p = p->next) {
        if (p->side != side) {
            continue;
        }
        if (*count == cap) {
            cap = cap * 2 + 16;
            ranges = memory_resize(ranges, cap, sizeof *ranges);
        }
        ranges[(*count)++] = (struct range){p->start, p->start + p->len};
    }
    if (*count > 0) {
        qsort(ranges, *count, sizeof *ranges, compare_ranges);
    }
    return ranges;
}

static void assembly_init(struct assembly *a, struct tcp_connection *c, enum side side)
{
    size_t count = 0;
    struct range *ranges = captured(c, side, &count);
    *a = (struct assembly){.connection = c, .side = side};
    a->holes = memory_zero(count + 1, sizeof *a->holes);
    uint64_t end = count > 0 ? ranges[0].start : 0;
    size_t holes = 0;
    a->next = end;
    for (size_t i = 0; i < count; i++) {
        if (ranges[i].start > end) {
            a->holes[holes++] = (struct range){end, ranges[i].start};
        }
        end = ranges[i].end > end ? ranges[i].end : end;
    }
    a->holes[holes] = (struct range){end, UINT64_MAX};
    memory_free(ranges);
}

static void assembly_fini(struct assembly *a)
{
    memory_free(a->holes);
    memory_free(a->waiting);
}

static void deliver(struct assembly *a, const struct tcp_packet *packet)
{
    size_t old = (size_t)(a->next - packet->start);
    if (old < packet->len) {
        const struct piece where = {.line = packet->number, .seconds = packet->seconds};
        conversation_add(&a->connection->conversation, a->side,
                         (struct span){packet->octets + old, packet->len - old}, &where);
        a->next = packet->start + packet->len;
    }
}

static void deliver_waiting(struct assembly *a)
{
    size_t done = 0;
    while (done < a->waiting_count && a->waiting[done]->start <= a->next) {
        deliver(a, a->waiting[done++]);
    }
    a->waiting_count -= done;
    if (done > 0 && a->waiting_count > 0) {
        memmove(a->waiting, a->waiting + done, a->waiting_count * sizeof(const void *));
    }
}

/* Holes as long as what is lacking, up to here; a hole that is too long for that is a short one. */
static void fill(struct assembly *a, uint64_t end, const struct tcp_packet *packet)
{
    static const uint8_t filler[LEAST_FILLED] = {0};
    struct conversation *c = &a->connection->conversation;
    const struct piece where = {.line = packet->number, .seconds = packet->seconds};
    uint64_t len = end - a->next;
    len = len < MOST_FILLED - a->filled ? len : LEAST_FILLED;
    a->filled += len > LEAST_FILLED ? (size_t)len : 0;
    a->next = end;
    while (len > 0) {
        size_t part = len < sizeof filler ? (size_t)len : sizeof filler;
        conversation_add(c, a->side, (struct span){filler, part}, &where);
        conversation_add_hole_at_end(c, a->side, part, false);
        len -= part;
    }
}

/* All that no packet holds up to here was there when this packet was sent. */
static void pass_holes(struct assembly *a, uint64_t end, const struct tcp_packet *packet)
{
    while (a->next < end) {
        while (a->holes[a->hole].end <= a->next) {
            a->hole++;
        }
        const struct range *hole = &a->holes[a->hole];
        if (hole->start > a->next) {
            return; /* it is only late */
        }
        fill(a, hole->end < end ? hole->end : end, packet);
        deliver_waiting(a);
    }
}

static void wait_for_turn(struct assembly *a, const struct tcp_packet *packet)
{
    if (a->waiting_count == a->waiting_cap) {
        a->waiting_cap = a->waiting_cap * 2 + 16;
        a->waiting = memory_resize(a->waiting, a->waiting_cap, sizeof(const void *));
    }
    size_t at = a->waiting_count++;
    for (; at > 0 && a->waiting[at - 1]->start > packet->start; at--) {
        a->waiting[at] = a->waiting[at - 1];
    }
    a->waiting[at] = packet;
}

/* The other side has received what it acknowledges. The last octet may be FIN, which is none. */
static void acknowledge(struct assembly *a, const struct tcp_packet *packet)
{
    bool behind = packet->ack > a->next && packet->ack - a->next <= MOST_FILLED;
    if (behind && packet->ack != a->next + 1) {
        pass_holes(a, packet->ack, packet);
    }
}

static void assemble(struct tcp_connection *c)
{
    struct assembly sides[2];
    for (int side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        assembly_init(&sides[side], c, (enum side)side);
    }
    for (const struct tcp_packet *p = c->first; p != NULL; p = p->next) {
        struct assembly *a = &sides[p->side];
        if (p->acks) {
            acknowledge(&sides[p->side == SIDE_CLIENT ? SIDE_SERVER : SIDE_CLIENT], p);
        }
        if (p->len == 0) {
            continue;
        }
        pass_holes(a, p->start, p);
        if (p->start > a->next) {
            wait_for_turn(a, p);
            continue;
        }
        deliver(a, p);
        deliver_waiting(a);
    }
    for (int side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        assembly_fini(&sides[side]);
    }
}

void tcp_finish(struct tcp_table *t, struct recording *r)
{
    for (size_t i = 0; i < t->count; i++) {
        struct tcp_connection *c = &t->connections[i];
        assemble(c);
        while (c->first != NULL) {
            struct tcp_packet *packet = c->first;
            c->first = packet->next;
            memory_free(packet);
        }
        c->conversation.closed = c->flow[SIDE_CLIENT].ended || c->flow[SIDE_SERVER].ended;
        r->conversations =
            memory_resize(r->conversations, r->count + 1, sizeof r->conversations[0]);
        r->conversations[r->count++] = c->conversation;
    }
    memory_free(t->connections);
    *t = (struct tcp_table){0};
}
