/* SPDX-License-Identifier: MIT */
/* A connection: TCP, unix socket or a child process on a pipe, with TLS and DEFLATE as states of
   it. Received octets wait in one buffer until the owner drops them; octets to send are queued
   and sent when the peer takes them, in slices if wanted. All news come through one callback,
   always from the loop, never from inside a function called here. After CONN_CLOSED, CONN_RESET
   and CONN_ERROR no other event follows; the owner then frees the connection, at the latest. */
#ifndef NET_CONN_H
#define NET_CONN_H

#include "net/loop.h"
#include "net/tls.h"
#include "parsers/core/span.h"

struct conn;

enum conn_event {
    CONN_CONNECTED, /* to the peer; TLS has not begun */
    CONN_TLS_READY, /* the handshake is done; conn_tls_info() tells */
    CONN_DATA,      /* conn_data() has grown */
    CONN_DRAINED,   /* what waits to be sent has fallen to the low water mark */
    CONN_EOF,       /* the peer sends no more (FIN, or close_notify); we may still send */
    CONN_CLOSED,    /* both directions are closed, after conn_close() */
    CONN_RESET,     /* the peer reset the connection */
    CONN_ERROR,     /* conn_error() says what */
    CONN_TIMEOUT,   /* the deadline passed; the connection stays as it is */
};

typedef void conn_callback(void *context, struct conn *conn, enum conn_event event);

/* What failed, for the owner's own reaction. */
enum conn_failure {
    CONN_FAILED_NOT = 0,
    CONN_FAILED_RESOLVE, /* the host name */
    CONN_FAILED_CONNECT, /* refused, unreachable, the bind address */
    CONN_FAILED_SPAWN,   /* the child process */
    CONN_FAILED_TLS,     /* handshake, certificate, or a record later on */
    CONN_FAILED_DEFLATE, /* the peer's compressed octets */
    CONN_FAILED_IO,      /* any other error of the system */
};

struct conn_config {
    const char *host; /* name or address, for TCP */
    uint16_t port;
    const char *unix_path;    /* instead of host */
    const char *const *argv;  /* instead of host: a program and its arguments, NULL at the end */
    const char *bind_address; /* an address of ours to come from; or NULL */
    int ip_version;           /* 4 or 6; 0: either, in the resolver's order */
    size_t buffer_max;        /* received octets to keep at most; 0: 16 MiB */
    size_t low_water;         /* for CONN_DRAINED; octets */
    uint64_t connect_timeout; /* ms; 0: none; CONN_ERROR when it passes */
    conn_callback *callback;
    void *context;
};

/* Begins to connect; errors come as CONN_ERROR. Texts are copied. */
MUST_USE struct conn *conn_new(struct loop *loop, const struct conn_config *config);

/* Closes at once what is open, forgets what was not sent; no event follows. */
void conn_free(struct conn **conn);

/* For connections from a listener, before the first event. */
void conn_set_callback(struct conn *conn, conn_callback *callback, void *context);
void conn_set_buffer_max(struct conn *conn, size_t max);
void conn_set_low_water(struct conn *conn, size_t octets);

/* --- receiving -------------------------------------------------------------------------------- */

/* All received octets that were not dropped; valid until the next call or event. */
struct span conn_data(const struct conn *conn);

/* Drops octets from the front. */
void conn_drop(struct conn *conn, size_t len);

/* Takes len octets out at pos. */
void conn_cut(struct conn *conn, size_t pos, size_t len);

/* The buffer has no room: nothing more is read until octets are dropped. */
bool conn_is_full(const struct conn *conn);

/* Stops and goes on reading (back-pressure); EOF is not seen while paused. */
void conn_pause(struct conn *conn);
void conn_resume(struct conn *conn);

/* The peer will send no more; clean: it was a FIN, and with TLS a close_notify before it. */
bool conn_has_eof(const struct conn *conn);
bool conn_is_eof_clean(const struct conn *conn);

/* Plain octets received and sent so far (after TLS and DEFLATE were taken off). */
uint64_t conn_received(const struct conn *conn);
uint64_t conn_sent(const struct conn *conn);

/* --- sending ---------------------------------------------------------------------------------- */

/* Queues octets; what one call gives goes out in one write, as far as the peer takes it. */
void conn_write(struct conn *conn, struct span octets);

/* The same in slices of slice octets (each a write, and a record in TLS) with a pause between. */
void conn_write_sliced(struct conn *conn, struct span octets, size_t slice, uint64_t gap_ms);

/* Sends nothing of what follows for so many ms after what is queued now. */
void conn_write_pause(struct conn *conn, uint64_t ms);

/* Octets that wait to be sent. */
size_t conn_pending(const struct conn *conn);

/* Closes our direction after what is queued (FIN; in TLS close_notify before it). */
void conn_shutdown(struct conn *conn);

/* Closes both directions after what is queued; CONN_CLOSED comes when done. */
void conn_close(struct conn *conn);

/* Resets the connection at once (RST, SO_LINGER 0); CONN_CLOSED follows. */
void conn_abort(struct conn *conn);

/* CONN_TIMEOUT comes once, ms from now; 0: never. A new deadline replaces the old one. */
void conn_set_deadline(struct conn *conn, uint64_t ms);

/* --- TLS and DEFLATE -------------------------------------------------------------------------- */

/* What becomes of the octets in the buffer that the peer sent before TLS. */
enum conn_leftover {
    CONN_LEFTOVER_TLS,  /* they are the peer's first TLS octets */
    CONN_LEFTOVER_DROP, /* they are forgotten: plain text must not be obeyed inside TLS */
    CONN_LEFTOVER_KEEP, /* they stay in front of what TLS brings (the classic fault) */
};

/* Begins TLS behind what is queued. CONN_TLS_READY or CONN_ERROR follows. A refused certificate is
   an error. server_name: NULL: the configured host. Only once. */
void conn_start_tls_client(struct conn *conn, struct tls_context *context, const char *server_name,
                           enum conn_leftover leftover);
void conn_start_tls_server(struct conn *conn, struct tls_context *context,
                           enum conn_leftover leftover);
bool conn_is_tls(const struct conn *conn); /* begun */

/* What TLS says of itself; all empty without TLS. */
void conn_tls_info(const struct conn *conn, struct tls_info *out);

/* The TLS state, for channel bindings; NULL without TLS. */
const struct tls *conn_tls(const struct conn *conn);

/* Both directions are raw DEFLATE from here on (RFC 4978), octets in the buffer included. */
void conn_start_deflate(struct conn *conn);

/* --- about it --------------------------------------------------------------------------------- */

/* One line that names the peer and the cause; "" without an error. */
const char *conn_error(const struct conn *conn);
enum conn_failure conn_failure(const struct conn *conn);

/* "127.0.0.1:25", "[::1]:25", "/run/x.sock", or the program's name. */
const char *conn_peer(const struct conn *conn);
const char *conn_local(const struct conn *conn);

#endif
