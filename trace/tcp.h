/* SPDX-License-Identifier: MIT */
/* Reassembly of TCP connections: takes segments as they were captured, with retransmission, overlap
   and reordering, and adds the octets to a conversation in the order in which they became readable.
   What the capture lacks, though the other side acknowledged it or more came behind it, becomes a
   hole where it was read. Segments are kept until all are there: only then is it known what is
   lacking and what is only late. */
#ifndef TRACE_TCP_H
#define TRACE_TCP_H

#include "trace/recording.h"

/* One end of a connection. */
struct tcp_end {
    uint8_t address[16]; /* IPv4: the first four */
    uint16_t port;
    bool v6;
};

struct tcp_segment {
    struct tcp_end from;
    struct tcp_end to;
    uint32_t seq;
    uint32_t ack_seq; /* of the other side's octets, with ack */
    bool syn;
    bool ack;
    bool fin;
    bool rst;
    struct span payload;
    double seconds;
    uint64_t number; /* of the packet in the capture, from 1 */
};

struct tcp_packet; /* a segment that is kept */

struct tcp_flow {
    bool started;
    bool ended;
    uint32_t seq;  /* of the last segment, and */
    uint64_t near; /* its place in the flow, which does not wrap around */
};

struct tcp_connection {
    struct tcp_end client;
    struct tcp_end server;
    struct tcp_flow flow[2]; /* by enum side */
    struct tcp_packet *first;
    struct tcp_packet *last;
    struct conversation conversation;
};

struct tcp_table {
    struct tcp_connection *connections;
    size_t count;
};

/* Takes a segment; finds or opens its connection. */
void tcp_take(struct tcp_table *t, const struct tcp_segment *segment);

/* Puts the segments together, moves all conversations into the recording and frees the table. */
void tcp_finish(struct tcp_table *t, struct recording *r);

#endif
