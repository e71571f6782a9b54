/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <sys/socket.h>

#include "net/conn_internal.h"
#include "net/memory.h"

enum { BUFFER_MAX = 16 * 1024 * 1024, KILL_PATIENCE_MS = 1000 };

static void soon_fired(uv_timer_t *timer);

static void member_release(struct loop_member *member)
{
    struct conn *conn = (struct conn *)(void *)((uint8_t *)member - offsetof(struct conn, member));
    conn_free(&conn);
}

struct conn *conn_alloc(struct loop *loop)
{
    struct conn *conn = memory_zero(1, sizeof *conn);
    conn->loop = loop;
    conn->buffer_max = BUFFER_MAX;
    conn->out_end = &conn->out;
    uv_timer_t *timers[] = {&conn->deadline, &conn->pace, &conn->soon};
    for (size_t i = 0; i < 3; i++) {
        (void)uv_timer_init(loop_handle(loop), timers[i]);
        timers[i]->data = conn;
        conn->held++;
    }
    conn->member.release = member_release;
    loop_join(loop, &conn->member);
    return conn;
}

void conn_release(struct conn *conn)
{
    if (--conn->held != 0) {
        return;
    }
    conn_out_clear(conn);
    buffer_fini(&conn->in);
    buffer_fini(&conn->packed);
    buffer_fini(&conn->wire);
    tls_free(&conn->tls);
    deflate_free(&conn->deflate);
    uv_freeaddrinfo(conn->addresses);
    memory_free(conn->host);
    memory_free(conn->unix_path);
    memory_free(conn->bind_address);
    memory_free(conn->program);
    memory_free(conn->peer);
    memory_free(conn->local);
    memory_free(conn->error);
    memory_free(conn->tls_name);
    memory_free(conn);
}

static void handle_closed(uv_handle_t *handle)
{
    conn_release(handle->data);
}

static void stream_close(struct conn *conn)
{
    if (conn->state == STREAM_CONNECTING || conn->state == STREAM_OPEN) {
        conn->state = STREAM_CLOSED;
        conn->reading = false;
        if (!uv_is_closing(&conn->io.handle)) {
            uv_close(&conn->io.handle, handle_closed);
        }
    }
}

static void kill_fired(uv_timer_t *timer)
{
    struct conn *conn = timer->data;
    (void)uv_process_kill(&conn->process, SIGKILL);
}

void conn_free(struct conn **conn)
{
    struct conn *c = *conn;
    *conn = NULL;
    if (c == NULL || c->freed) {
        return;
    }
    c->freed = true;
    c->events = 0;
    loop_leave(&c->member);
    if (c->state == STREAM_NONE && c->setup.resolve.type == UV_GETADDRINFO) {
        (void)uv_cancel((uv_req_t *)&c->setup.resolve);
    }
    stream_close(c);
    uv_close((uv_handle_t *)&c->deadline, handle_closed);
    uv_close((uv_handle_t *)&c->pace, handle_closed);
    if (c->child_alive) {
        uv_ref((uv_handle_t *)&c->process);
        /* The end of its input should be enough; a signal helps, and in the end kills. The exit
           is waited for, so that no zombie stays. */
        (void)uv_process_kill(&c->process, SIGTERM);
        (void)uv_timer_start(&c->soon, kill_fired, KILL_PATIENCE_MS, 0);
    } else {
        uv_close((uv_handle_t *)&c->soon, handle_closed);
    }
}

void conn_set_callback(struct conn *conn, conn_callback *callback, void *context)
{
    conn->callback = callback;
    conn->context = context;
}

void conn_set_buffer_max(struct conn *conn, size_t max)
{
    conn->buffer_max = max == 0 ? BUFFER_MAX : max;
}

void conn_set_low_water(struct conn *conn, size_t octets)
{
    conn->low_water = octets;
}

void conn_raise(struct conn *conn, enum conn_event event)
{
    if (conn->ended || conn->freed) {
        return;
    }
    conn->ended = event == CONN_CLOSED || event == CONN_RESET || event == CONN_ERROR;
    conn->events |= 1U << event;
    conn_soon(conn);
}

void conn_soon(struct conn *conn)
{
    if (!conn->freed && !uv_is_active((uv_handle_t *)&conn->soon)) {
        (void)uv_timer_start(&conn->soon, soon_fired, 0, 0);
    }
}

void conn_deliver(struct conn *conn)
{
    static const enum conn_event order[] = {CONN_CONNECTED, CONN_TLS_READY, CONN_DATA,
                                            CONN_DRAINED,   CONN_EOF,       CONN_TIMEOUT,
                                            CONN_CLOSED,    CONN_RESET,     CONN_ERROR};
    if (conn->delivering) {
        return;
    }
    conn->delivering = true;
    while (conn->events != 0 && !conn->freed && conn->callback != NULL) {
        size_t i = 0;
        while ((conn->events & 1U << order[i]) == 0) {
            i++;
        }
        conn->events &= ~(1U << order[i]);
        loop_note(conn->loop);
        conn->callback(conn->context, conn, order[i]);
    }
    conn->delivering = false;
}

static void soon_fired(uv_timer_t *timer)
{
    struct conn *conn = timer->data;
    if (conn->state == STREAM_OPEN) {
        conn_pump_in(conn);
        conn_pump_out(conn);
        conn_read_update(conn);
    }
    conn_deliver(conn);
}

void conn_fail(struct conn *conn, enum conn_failure failure, const char *what, int uv_error)
{
    if (conn->ended || conn->freed) {
        return;
    }
    conn->failure = failure;
    conn->error = memory_format("%s: %s%s%s", conn_peer(conn), what, uv_error == 0 ? "" : ": ",
                                uv_error == 0 ? "" : uv_strerror(uv_error));
    conn_end(conn, CONN_ERROR);
}

void conn_end(struct conn *conn, enum conn_event event)
{
    stream_close(conn);
    (void)uv_timer_stop(&conn->pace);
    (void)uv_timer_stop(&conn->deadline);
    conn_raise(conn, event);
}

void conn_close(struct conn *conn)
{
    if (conn->closing || conn->ended) {
        return;
    }
    conn->closing = true;
    if (conn->state != STREAM_OPEN) {
        conn_end(conn, CONN_CLOSED);
        return;
    }
    conn->shutdown_wanted = true;
    conn->paused = false;
    buffer_fini(&conn->in);
    conn_soon(conn);
}

void conn_abort(struct conn *conn)
{
    if (conn->ended) {
        return;
    }
    int fd = -1;
    if (conn->state == STREAM_OPEN && uv_fileno(&conn->io.handle, &fd) == 0) {
        struct linger now = {.l_onoff = 1, .l_linger = 0};
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    conn_end(conn, CONN_CLOSED);
}

static void deadline_passed(uv_timer_t *timer)
{
    struct conn *conn = timer->data;
    conn_raise(conn, CONN_TIMEOUT);
    conn_deliver(conn);
}

void conn_set_deadline(struct conn *conn, uint64_t ms)
{
    if (conn->freed || conn->ended) {
        return;
    }
    conn->events &= ~(1U << CONN_TIMEOUT);
    if (ms == 0) {
        (void)uv_timer_stop(&conn->deadline);
    } else {
        uv_update_time(loop_handle(conn->loop));
        (void)uv_timer_start(&conn->deadline, deadline_passed, ms, 0);
    }
}
