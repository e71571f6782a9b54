/* SPDX-License-Identifier: MIT */
/* What the conn*.c files and the listener share. A connection lives until it was freed by its
   owner and libuv has let go of all its handles. */
#ifndef NET_CONN_INTERNAL_H
#define NET_CONN_INTERNAL_H

#include <uv.h>

#include "net/buffer.h"
#include "net/conn.h"
#include "net/deflate.h"

/* Octets of one conn_write(), or a pause. */
struct chunk {
    struct chunk *next;
    size_t len;
    size_t pos;      /* octets sent */
    size_t slice;    /* octets of one write; 0: all */
    uint64_t gap_ms; /* between slices; of a pause: its length */
    bool pause;
    bool raw; /* queued before TLS began: goes out as it is */
    uint8_t octets[];
};

enum stream_state { STREAM_NONE, STREAM_CONNECTING, STREAM_OPEN, STREAM_CLOSED };

struct conn {
    struct loop *loop;
    struct loop_member member;
    unsigned held; /* libuv handles and requests that still point here */
    bool freed;
    conn_callback *callback;
    void *context;

    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } io;
    enum stream_state state;
    uv_timer_t deadline;
    uv_timer_t pace; /* connecting: the time-out; open: gaps; closing: the patience */
    uv_timer_t soon; /* work that must not be done inside the owner's call */
    uv_process_t process;
    bool child_alive;
    union {
        uv_getaddrinfo_t resolve;
        uv_connect_t connect;
    } setup;

    char *host;
    uint16_t port;
    char *unix_path;
    char *bind_address;
    char *program;
    int ip_version;
    struct addrinfo *addresses; /* of the resolver */
    const struct addrinfo *next_address;
    char *peer;
    char *local;

    uint32_t events; /* bits of enum conn_event that were not delivered yet */
    bool delivering;
    bool ended; /* a last event was raised */
    char *error;
    enum conn_failure failure;

    struct buffer in;
    size_t buffer_max;
    struct buffer packed; /* compressed octets of the peer that wait for room */
    bool stalled;         /* a stage before the buffer has more than there was room for */
    bool reading;
    bool paused;
    bool fin;   /* the stream has ended */
    bool eof;   /* the owner was told */
    bool clean; /* with TLS: close_notify came */
    uint64_t received;

    struct chunk *out;
    struct chunk **out_end;
    size_t queued; /* octets in out that were not handed to the system */
    struct buffer wire;
    size_t wire_busy; /* octets of wire, or of the first chunk, that libuv is writing */
    bool chunk_busy;
    uv_write_t write;
    uv_shutdown_t shutdown;
    bool pacing;
    bool out_dead; /* the peer takes nothing any more */
    bool shutdown_wanted;
    bool shutdown_done;
    bool notified; /* close_notify was sent */
    bool closing;
    bool above_water;
    size_t low_water;
    uint64_t sent;

    struct tls *tls;
    char *tls_name;
    struct deflate *deflate;
};

/* A connection without a stream, held by its timers. */
struct conn *conn_alloc(struct loop *loop);

/* The stream is connected: it may be read and written. */
void conn_opened(struct conn *conn);

/* Names for conn_peer() and conn_local() of an open TCP stream. */
void conn_name_ends(struct conn *conn);
char *conn_address_text(const struct sockaddr *address);

/* Raises an event; it is delivered by conn_deliver(), soon. */
void conn_raise(struct conn *conn, enum conn_event event);
void conn_deliver(struct conn *conn);
void conn_soon(struct conn *conn);

/* The last event with its cause; what is the system's error or 0. */
void conn_fail(struct conn *conn, enum conn_failure failure, const char *what, int uv_error);

/* Closes the stream and raises the last event. */
void conn_end(struct conn *conn, enum conn_event event);

/* Takes what the stream brought through TLS and DEFLATE into the buffer. */
void conn_pump_in(struct conn *conn);
void conn_read_update(struct conn *conn);

/* Sends as much as can be sent now. */
void conn_pump_out(struct conn *conn);
void conn_out_clear(struct conn *conn);

/* One reference of libuv less. */
void conn_release(struct conn *conn);

#endif
