/* SPDX-License-Identifier: MIT */
/* The receiving half of a connection: stream, TLS, DEFLATE, buffer; and the start of TLS and
   DEFLATE. Each stage takes only what the next has room for, so that a full buffer stops the
   peer. */
#include "net/conn_internal.h"
#include "net/memory.h"

enum { READ_STEP = 256 * 1024 };

struct span conn_data(const struct conn *conn)
{
    return buffer_span(&conn->in);
}

bool conn_is_full(const struct conn *conn)
{
    return conn->in.len >= conn->buffer_max;
}

static void made_room(struct conn *conn)
{
    if ((conn->stalled || !conn->reading) && conn->state == STREAM_OPEN) {
        conn_soon(conn);
    }
}

void conn_drop(struct conn *conn, size_t len)
{
    buffer_drop(&conn->in, len);
    made_room(conn);
}

void conn_cut(struct conn *conn, size_t pos, size_t len)
{
    buffer_cut(&conn->in, pos, len);
    made_room(conn);
}

void conn_pause(struct conn *conn)
{
    conn->paused = true;
    conn_read_update(conn);
}

void conn_resume(struct conn *conn)
{
    if (conn->paused) {
        conn->paused = false;
        conn_soon(conn);
    }
}

bool conn_has_eof(const struct conn *conn)
{
    return conn->eof;
}

bool conn_is_eof_clean(const struct conn *conn)
{
    return conn->eof && (conn->tls == NULL || conn->clean);
}

uint64_t conn_received(const struct conn *conn)
{
    return conn->received;
}

uint64_t conn_sent(const struct conn *conn)
{
    return conn->sent;
}

bool conn_is_tls(const struct conn *conn)
{
    return conn->tls != NULL;
}

const struct tls *conn_tls(const struct conn *conn)
{
    return conn->tls;
}

void conn_tls_info(const struct conn *conn, struct tls_info *out)
{
    *out = (struct tls_info){0};
    if (conn->tls != NULL) {
        tls_info(conn->tls, out);
    }
}

/* --- reading ---------------------------------------------------------------------------------- */

static size_t room_left(const struct conn *conn)
{
    return conn_is_full(conn) ? 0 : conn->buffer_max - conn->in.len;
}

/* Octets arrive in the buffer where they stay, or in the stage behind it. */
static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    struct conn *conn = handle->data;
    (void)suggested;
    bool staged = conn->tls != NULL || conn->deflate != NULL;
    size_t len = staged || room_left(conn) > READ_STEP ? READ_STEP : room_left(conn);
    uint8_t *at = buffer_room(staged ? &conn->packed : &conn->in, len);
    *out = (uv_buf_t){(char *)at, len};
}

static void count_in(struct conn *conn, size_t len)
{
    if (len == 0) {
        return;
    }
    conn->received += len;
    conn_raise(conn, CONN_DATA);
}

static void read_came(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
    struct conn *conn = stream->data;
    (void)buf;
    if (conn->freed || len == 0 || (conn->closing && len > 0)) {
        return;
    }
    if (len > 0 && conn->tls != NULL) {
        /* The room was behind compressed octets that wait there; it is only borrowed. */
        tls_feed(conn->tls, (struct span){(const uint8_t *)buf->base, (size_t)len});
    } else if (len > 0 && conn->deflate != NULL) {
        buffer_grew(&conn->packed, (size_t)len);
    } else if (len > 0) {
        buffer_grew(&conn->in, (size_t)len);
        count_in(conn, (size_t)len);
    } else {
        conn->fin = true;
        conn->reading = false;
        (void)uv_read_stop(stream);
        conn->out_dead = conn->out_dead || len != UV_EOF;
        if (len != UV_EOF && len != UV_ECONNRESET) {
            conn_fail(conn, CONN_FAILED_IO, "reading failed", (int)len);
        }
    }
    conn_pump_in(conn);
    conn_pump_out(conn);
    conn_deliver(conn);
    conn_read_update(conn);
}

void conn_read_update(struct conn *conn)
{
    bool wanted = conn->state == STREAM_OPEN && !conn->paused && !conn->fin && !conn->freed &&
                  (conn->closing || !conn_is_full(conn));
    if (wanted && !conn->reading) {
        conn->reading = uv_read_start(&conn->io.stream, give_room, read_came) == 0;
    } else if (!wanted && conn->reading) {
        conn->reading = false;
        (void)uv_read_stop(&conn->io.stream);
    }
}

/* --- TLS and DEFLATE -------------------------------------------------------------------------- */

static void shake_hands(struct conn *conn)
{
    enum tls_rc rc = tls_handshake(conn->tls);
    conn_pump_out(conn);
    if (rc == TLS_OK) {
        conn_raise(conn, CONN_TLS_READY);
    } else if (rc == TLS_FAILED) {
        conn_fail(conn, CONN_FAILED_TLS, tls_error(conn->tls), 0);
    } else if (conn->fin) {
        conn_fail(conn, CONN_FAILED_TLS, "the peer closed during the TLS handshake", 0);
    }
}

/* Decrypts into the buffer, or in front of DEFLATE; true when it stopped for lack of room. */
static bool decrypt(struct conn *conn)
{
    struct buffer *to = conn->deflate != NULL ? &conn->packed : &conn->in;
    size_t room = conn->deflate != NULL ? READ_STEP : room_left(conn);
    bool more = conn->deflate == NULL || conn->packed.len < READ_STEP;
    while (more && room != 0) {
        size_t step = room < READ_STEP ? room : READ_STEP;
        size_t len = 0;
        enum tls_rc rc = tls_read(conn->tls, buffer_room(to, step), step, &len);
        buffer_grew(to, len);
        room -= len;
        if (to == &conn->in) {
            count_in(conn, len);
        }
        if (rc == TLS_FAILED) {
            conn_fail(conn, CONN_FAILED_TLS, tls_error(conn->tls), 0);
        }
        conn->clean = conn->clean || rc == TLS_CLOSED;
        if (rc != TLS_OK) {
            return false;
        }
    }
    return true;
}

/* Inflates into the buffer. */
static void inflate_in(struct conn *conn)
{
    size_t before = conn->in.len;
    if (!deflate_unpack(conn->deflate, &conn->packed, &conn->in, room_left(conn))) {
        conn_fail(conn, CONN_FAILED_DEFLATE, "the compressed octets are broken", 0);
    }
    count_in(conn, conn->in.len - before);
}

/* Nothing waits in a stage any more, and nothing comes. */
static void see_end(struct conn *conn)
{
    if (conn->eof || !(conn->fin || conn->clean)) {
        return;
    }
    conn->eof = true;
    if (conn->out_dead) {
        conn_end(conn, CONN_RESET);
    } else {
        conn_raise(conn, CONN_EOF);
    }
}

void conn_pump_in(struct conn *conn)
{
    if (conn->closing && conn->fin && (conn->shutdown_done || conn->out_dead)) {
        conn_end(conn, CONN_CLOSED);
    }
    if (conn->paused || conn->ended || conn->freed || conn->closing) {
        return;
    }
    if (conn->tls != NULL && !tls_is_ready(conn->tls)) {
        shake_hands(conn);
        if (!tls_is_ready(conn->tls)) {
            return;
        }
    }
    do {
        conn->stalled = conn->tls != NULL && decrypt(conn);
        if (conn->deflate != NULL && !conn->ended) {
            inflate_in(conn);
            conn->stalled = conn->stalled || conn->packed.len != 0 || conn_is_full(conn);
        }
    } while (conn->stalled && !conn->ended && !conn_is_full(conn));
    if (!conn->ended && !conn->stalled) {
        see_end(conn);
    }
}

static void start_tls(struct conn *conn, struct tls *tls, enum conn_leftover leftover)
{
    conn->tls = tls;
    if (leftover == CONN_LEFTOVER_TLS) {
        tls_feed(tls, buffer_span(&conn->in));
    }
    if (leftover != CONN_LEFTOVER_KEEP) {
        buffer_fini(&conn->in);
        conn->events &= ~(1U << CONN_DATA);
    }
    conn_soon(conn);
}

void conn_start_tls_client(struct conn *conn, struct tls_context *context, const char *server_name,
                           enum conn_leftover leftover)
{
    if (conn->tls == NULL) {
        start_tls(conn, tls_new(context, server_name == NULL ? conn->host : server_name), leftover);
    }
}

void conn_start_tls_server(struct conn *conn, struct tls_context *context,
                           enum conn_leftover leftover)
{
    if (conn->tls == NULL) {
        start_tls(conn, tls_new(context, NULL), leftover);
    }
}

void conn_start_deflate(struct conn *conn)
{
    if (conn->deflate == NULL) {
        conn->deflate = deflate_new();
        buffer_append(&conn->packed, buffer_span(&conn->in));
        buffer_fini(&conn->in);
        conn_soon(conn);
    }
}
