/* SPDX-License-Identifier: MIT */
/* A judging proxy: stands between clients and a server, passes all octets on as they are, and
   judges both sides. It can end TLS on both sides to see what is inside. Memory per connection is
   bounded; a slow reader slows its own peer only. */
#ifndef TRACE_PROXY_H
#define TRACE_PROXY_H

#include "net/loop.h"
#include "session/session.h"

struct tls_context;

struct proxied; /* one connection through the proxy */

struct proxy_config {
    const char *listen_host;
    uint16_t listen_port; /* 0: a free one */
    const char *upstream_host;
    const char *upstream_unix; /* instead of the host */
    uint16_t upstream_port;
    const char *upstream_name; /* for TLS; NULL: the host */
    enum protocol protocol;
    bool tls;                      /* implicit TLS on both sides */
    struct tls_context *to_client; /* to end TLS towards the client; NULL: TLS passes unseen */
    struct tls_context *to_server;
    /* Each may be NULL. Spans live during the call only. serial: of the connection, from 1. */
    void (*opened)(void *context, unsigned serial, const char *peer);
    /* A unit; the first told octets of it were given to part() before. */
    void (*unit)(void *context, unsigned serial, const struct session_event *event, size_t told);
    /* Octets of the client's unit up to a literal for which it waits. */
    void (*part)(void *context, unsigned serial, struct span octets);
    void (*finding)(void *context, unsigned serial, const struct finding *finding);
    void (*closed)(void *context, unsigned serial, const char *reason);
    void *context;
};

struct proxy;

/* NULL when it cannot listen; *error is then text for memory_free(). */
MUST_USE struct proxy *proxy_new(struct loop *loop, const struct proxy_config *config,
                                 char **error);
void proxy_free(struct proxy **proxy);

/* "127.0.0.1:2525": where it listens. */
const char *proxy_address(const struct proxy *proxy);

/* Connections that are open now. */
size_t proxy_count(const struct proxy *proxy);

#endif
