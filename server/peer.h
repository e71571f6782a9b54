/* SPDX-License-Identifier: MIT */
/* One client of the built-in server: its connection and its conversation. */
#ifndef SERVER_PEER_H
#define SERVER_PEER_H

#include "net/conn.h"
#include "server/service.h"

struct peers; /* all clients of a server */

struct peers_config {
    struct loop *loop;
    const struct service_config *service;
    struct tls_context *tls; /* NULL: none is offered */
    size_t split;
    uint64_t split_gap_ms;
    size_t max; /* of clients at once */
};

MUST_USE struct peers *peers_new(const struct peers_config *config);
void peers_free(struct peers **peers);
/* Tells all clients that the server ends, and runs the loop until they are gone, for 250 ms at
 * most. */
void peers_shut_down(struct peers *peers);

size_t peers_count(const struct peers *peers);

/* A new client: the connection is owned from here on. */
void peers_add(struct peers *peers, struct conn *conn, enum protocol protocol, bool tls);

#endif
