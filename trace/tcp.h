/* SPDX-License-Identifier: MIT */
/* Reassembly of one TCP connection: takes segments as they were captured, with retransmission,
   overlap and reordering, and adds the octets to a conversation in the order in which they became
   readable. What was not captured becomes a hole. */
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
    bool syn;
    bool ack;
    bool fin;
    bool rst;
    struct span payload;
    double seconds;
    uint64_t number; /* of the packet in the capture, from 1 */
};

struct tcp_stash; /* a segment that came too early */

struct tcp_flow {
    bool started;
    bool ended;
    uint32_t next;           /* sequence number that is due */
    struct tcp_stash *stash; /* in sequence order */
    size_t stashed;          /* octets */
};

struct tcp_connection {
    struct tcp_end client;
    struct tcp_end server;
    struct tcp_flow flow[2]; /* by enum side */
    struct conversation conversation;
};

struct tcp_table {
    struct tcp_connection *connections;
    size_t count;
};

/* Takes a segment; finds or opens its connection. */
void tcp_take(struct tcp_table *t, const struct tcp_segment *segment);

/* Gives up on what is still missing, moves all conversations that have octets into the recording
   and frees the table. */
void tcp_finish(struct tcp_table *t, struct recording *r);

#endif
