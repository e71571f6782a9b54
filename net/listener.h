/* SPDX-License-Identifier: MIT */
/* A listener hands out connections, at a TCP port or a unix socket. */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include "net/conn.h"

struct listener;

struct listener_config {
    const char *host;      /* address or name to bind to; NULL: 127.0.0.1 */
    uint16_t port;         /* 0: a free one */
    const char *unix_path; /* instead; a socket file that nobody listens on is replaced */
    int backlog;           /* 0: 511 */
    /* A new connection, owned by the callee from here on, which calls conn_set_callback(). */
    void (*accepted)(void *context, struct conn *conn);
    void *context;
};

/* NULL when it cannot listen; *error is then new text for memory_free(). */
MUST_USE struct listener *listener_new(struct loop *loop, const struct listener_config *config,
                                       char **error);
void listener_free(struct listener **listener);

/* The bound port; 0 for unix. */
uint16_t listener_port(const struct listener *listener);

/* "127.0.0.1:2525", "[::1]:2525" or the path; lives as long as the listener. */
const char *listener_address(const struct listener *listener);

#endif
