/* SPDX-License-Identifier: MIT */
/* The sending half of a connection. Order is kept by one queue of chunks; TLS makes records of a
   chunk when its turn comes, DEFLATE packs it when it is queued. */
#include "net/conn_internal.h"
#include "net/memory.h"

enum { CLOSE_PATIENCE_MS = 1000 };

static void enqueue(struct conn *conn, struct chunk *chunk)
{
    chunk->raw = conn->tls == NULL;
    *conn->out_end = chunk;
    conn->out_end = &chunk->next;
    conn->queued += chunk->len;
    conn->above_water = conn->above_water || conn_pending(conn) > conn->low_water;
}

static struct chunk *chunk_new(struct span octets)
{
    struct chunk *chunk = memory_alloc(sizeof *chunk + octets.len);
    *chunk = (struct chunk){.len = octets.len};
    if (octets.len != 0) {
        memcpy(chunk->octets, octets.ptr, octets.len);
    }
    return chunk;
}

static void pop(struct conn *conn)
{
    struct chunk *chunk = conn->out;
    conn->queued -= chunk->len - chunk->pos;
    conn->out = chunk->next;
    if (conn->out == NULL) {
        conn->out_end = &conn->out;
    }
    memory_free(chunk);
}

void conn_out_clear(struct conn *conn)
{
    while (conn->out != NULL) {
        pop(conn);
    }
}

void conn_write_sliced(struct conn *conn, struct span octets, size_t slice, uint64_t gap_ms)
{
    if (octets.len == 0 || conn->ended || conn->shutdown_wanted || conn->out_dead) {
        return;
    }
    conn->sent += octets.len;
    /* Octets that can leave at once need no copy. */
    if (slice == 0 && conn->out == NULL && conn->wire.len == 0 && conn->tls == NULL &&
        conn->deflate == NULL && conn->state == STREAM_OPEN && !conn->pacing) {
        uv_buf_t buf = {(char *)(uintptr_t)octets.ptr, octets.len};
        int rc = uv_try_write(&conn->io.stream, &buf, 1);
        octets = span_from(octets, rc > 0 ? (size_t)rc : 0);
        if (octets.len == 0) {
            return;
        }
    }
    struct buffer packed = {0};
    if (conn->deflate != NULL) {
        deflate_pack(conn->deflate, octets, &packed);
        octets = buffer_span(&packed);
    }
    struct chunk *chunk = chunk_new(octets);
    chunk->slice = slice;
    chunk->gap_ms = gap_ms;
    enqueue(conn, chunk);
    buffer_fini(&packed);
    conn_soon(conn);
}

void conn_write(struct conn *conn, struct span octets)
{
    conn_write_sliced(conn, octets, 0, 0);
}

void conn_write_pause(struct conn *conn, uint64_t ms)
{
    if (ms != 0 && !conn->ended) {
        struct chunk *chunk = chunk_new((struct span){0});
        chunk->pause = true;
        chunk->gap_ms = ms;
        enqueue(conn, chunk);
        conn_soon(conn);
    }
}

size_t conn_pending(const struct conn *conn)
{
    return conn->queued + conn->wire.len;
}

static void pace_fired(uv_timer_t *timer)
{
    struct conn *conn = timer->data;
    conn->pacing = false;
    conn_pump_out(conn);
    conn_deliver(conn);
}

static void pace(struct conn *conn, uint64_t ms)
{
    conn->pacing = true;
    uv_update_time(loop_handle(conn->loop));
    (void)uv_timer_start(&conn->pace, pace_fired, ms, 0);
}

/* These octets of the front were sent: of the wire buffer, or of the first chunk. */
static void sent(struct conn *conn, bool chunk, size_t len)
{
    if (!chunk) {
        buffer_drop(&conn->wire, len);
        return;
    }
    conn->out->pos += len;
    conn->queued -= len;
}

static void written(uv_write_t *request, int status)
{
    struct conn *conn = request->handle->data;
    size_t len = conn->wire_busy;
    conn->wire_busy = 0;
    if (conn->freed) {
        return;
    }
    sent(conn, conn->chunk_busy, len);
    conn->out_dead = conn->out_dead || status != 0;
    conn_pump_out(conn);
    conn_deliver(conn);
}

/* Hands octets to the system; false when they could not all be sent at once. */
static bool send_now(struct conn *conn, bool chunk, struct span octets)
{
    uv_buf_t buf = {(char *)(uintptr_t)octets.ptr, octets.len};
    int rc = uv_try_write(&conn->io.stream, &buf, 1);
    size_t done = rc > 0 ? (size_t)rc : 0;
    if (rc < 0 && rc != UV_EAGAIN) {
        conn->out_dead = true;
        return false;
    }
    if (done == octets.len) {
        sent(conn, chunk, done);
        return true;
    }
    sent(conn, chunk, done);
    octets = span_from(octets, done);
    buf = (uv_buf_t){(char *)(uintptr_t)octets.ptr, octets.len};
    conn->chunk_busy = chunk;
    conn->wire_busy = octets.len;
    if (uv_write(&conn->write, &conn->io.stream, &buf, 1, written) != 0) {
        conn->wire_busy = 0;
        conn->out_dead = true;
    }
    return false;
}

/* The next slice of the first chunk. */
static bool send_slice(struct conn *conn)
{
    enum { TLS_STEP = 256 * 1024 };
    struct chunk *chunk = conn->out;
    struct span left = {chunk->octets + chunk->pos, chunk->len - chunk->pos};
    size_t slice = chunk->slice == 0 ? left.len : chunk->slice;
    bool more = true;
    if (chunk->raw || conn->tls == NULL) {
        more = send_now(conn, true, span_sub(left, 0, slice));
    } else {
        left = span_sub(left, 0, slice < TLS_STEP ? slice : TLS_STEP);
        if (tls_write(conn->tls, left) != TLS_OK) {
            conn_fail(conn, CONN_FAILED_TLS, tls_error(conn->tls), 0);
            return false;
        }
        sent(conn, true, left.len);
    }
    if (chunk->gap_ms != 0 && chunk->slice != 0 && chunk->pos < chunk->len) {
        pace(conn, chunk->gap_ms);
    }
    return more;
}

/* Ciphertext into the wire buffer. */
static void pull_wire(struct conn *conn)
{
    enum { STEP = 32 * 1024 };
    size_t len = 0;
    do {
        len = tls_pull(conn->tls, buffer_room(&conn->wire, STEP), STEP);
        buffer_grew(&conn->wire, len);
    } while (len != 0);
}

/* One step of sending; false when nothing more can be done now. */
static bool pump_step(struct conn *conn)
{
    struct chunk *chunk = conn->out;
    if (chunk != NULL && chunk->pos == chunk->len && !chunk->pause) {
        pop(conn);
        return true;
    }
    if (conn->tls != NULL && (chunk == NULL || !chunk->raw)) {
        pull_wire(conn);
    }
    if (conn->wire.len != 0) {
        return send_now(conn, false, buffer_span(&conn->wire));
    }
    if (chunk == NULL && conn->shutdown_wanted && conn->tls != NULL && !conn->notified) {
        conn->notified = true;
        tls_close_notify(conn->tls);
        return true;
    }
    if (conn->pacing || chunk == NULL) {
        return false;
    }
    if (chunk->pause) {
        pace(conn, chunk->gap_ms);
        pop(conn);
        return false;
    }
    if (!chunk->raw && conn->tls != NULL && !tls_is_ready(conn->tls)) {
        return false;
    }
    return send_slice(conn);
}

static void patience_ended(uv_timer_t *timer)
{
    struct conn *conn = timer->data;
    conn_end(conn, CONN_CLOSED);
    conn_deliver(conn);
}

/* Our direction is closed. Closing the socket at once could reset the connection under the peer's
   feet while our last octets are still on their way, so its FIN is waited for. */
static void shutdown_done(uv_shutdown_t *request, int status)
{
    struct conn *conn = request->handle->data;
    (void)status;
    if (!conn->freed && conn->closing && !conn->ended) {
        if (conn->fin) {
            conn_end(conn, CONN_CLOSED);
        } else {
            (void)uv_timer_start(&conn->pace, patience_ended, CLOSE_PATIENCE_MS, 0);
        }
    }
}

void conn_shutdown(struct conn *conn)
{
    conn->shutdown_wanted = true;
    conn_soon(conn);
}

/* All is sent: close our direction if that is wanted. */
static void finish_out(struct conn *conn)
{
    if (!conn->shutdown_wanted || conn->shutdown_done || conn->state != STREAM_OPEN) {
        return;
    }
    conn->shutdown_done = true;
    if (conn->out_dead || uv_shutdown(&conn->shutdown, &conn->io.stream, shutdown_done) != 0) {
        if (conn->closing) {
            conn_end(conn, CONN_CLOSED);
        }
    }
}

void conn_pump_out(struct conn *conn)
{
    bool more = conn->state == STREAM_OPEN;
    while (more && conn->wire_busy == 0 && !conn->out_dead && conn->state == STREAM_OPEN) {
        more = pump_step(conn);
    }
    if (conn->out_dead && conn->wire_busy == 0) {
        /* What the peer said before it went away is still read; reading ends in a reset. */
        conn_out_clear(conn);
        buffer_fini(&conn->wire);
        if (conn->eof && !conn->closing) {
            conn_end(conn, CONN_RESET);
        }
    }
    if (conn->out == NULL && conn->wire.len == 0 && conn->wire_busy == 0) {
        finish_out(conn);
    }
    if (conn->above_water && conn_pending(conn) <= conn->low_water) {
        conn->above_water = false;
        conn_raise(conn, CONN_DRAINED);
    }
}
