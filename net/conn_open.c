/* SPDX-License-Identifier: MIT */
/* How a connection comes to be: name, address by address, a unix socket, a child process. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <idn2.h>

#include "net/conn_internal.h"
#include "net/memory.h"

static void try_next_address(struct conn *conn);

char *conn_address_text(const struct sockaddr *address)
{
    char text[INET6_ADDRSTRLEN] = "?";
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)address;
        (void)uv_ip6_name(six, text, sizeof text);
        return memory_format("[%s]:%u", text, (unsigned)ntohs(six->sin6_port));
    }
    const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)address;
    (void)uv_ip4_name(four, text, sizeof text);
    return memory_format("%s:%u", text, (unsigned)ntohs(four->sin_port));
}

void conn_name_ends(struct conn *conn)
{
    struct sockaddr_storage address = {0};
    int len = sizeof address;
    if (conn->io.handle.type != UV_TCP) {
        return;
    }
    if (uv_tcp_getpeername(&conn->io.tcp, (struct sockaddr *)&address, &len) == 0) {
        memory_free(conn->peer);
        conn->peer = conn_address_text((struct sockaddr *)&address);
    }
    len = sizeof address;
    if (uv_tcp_getsockname(&conn->io.tcp, (struct sockaddr *)&address, &len) == 0) {
        memory_free(conn->local);
        conn->local = conn_address_text((struct sockaddr *)&address);
    }
}

const char *conn_peer(const struct conn *conn)
{
    return conn->peer == NULL ? "" : conn->peer;
}

const char *conn_local(const struct conn *conn)
{
    return conn->local == NULL ? "" : conn->local;
}

const char *conn_error(const struct conn *conn)
{
    return conn->error == NULL ? "" : conn->error;
}

enum conn_failure conn_failure(const struct conn *conn)
{
    return conn->failure;
}

void conn_opened(struct conn *conn)
{
    conn->state = STREAM_OPEN;
    (void)uv_timer_stop(&conn->pace);
    if (conn->io.handle.type == UV_TCP) {
        (void)uv_tcp_nodelay(&conn->io.tcp, 1);
        conn_name_ends(conn);
    }
    conn_soon(conn);
}

static void connected(uv_connect_t *request, int status)
{
    struct conn *conn = request->data;
    if (!conn->freed && !conn->ended) {
        if (status == 0) {
            conn_opened(conn);
            conn_raise(conn, CONN_CONNECTED);
            conn_pump_out(conn);
        } else if (conn->io.handle.type == UV_TCP && conn->next_address != NULL) {
            try_next_address(conn);
        } else {
            conn_fail(conn, CONN_FAILED_CONNECT, "cannot connect", status);
        }
        conn_deliver(conn);
    }
    conn_release(conn);
}

/* Binds to the address of ours that was asked for. */
static int bind_local(struct conn *conn, int family)
{
    struct sockaddr_storage address = {0};
    int rc = family == AF_INET6
                 ? uv_ip6_addr(conn->bind_address, 0, (struct sockaddr_in6 *)(void *)&address)
                 : uv_ip4_addr(conn->bind_address, 0, (struct sockaddr_in *)(void *)&address);
    return rc != 0 ? rc : uv_tcp_bind(&conn->io.tcp, (struct sockaddr *)&address, 0);
}

static void connect_tcp(struct conn *conn, const struct sockaddr *address)
{
    (void)uv_tcp_init(loop_handle(conn->loop), &conn->io.tcp);
    conn->io.handle.data = conn;
    conn->held++;
    conn->state = STREAM_CONNECTING;
    int rc = conn->bind_address == NULL ? 0 : bind_local(conn, address->sa_family);
    if (rc != 0) {
        conn_fail(conn, CONN_FAILED_CONNECT, "cannot use the bind address", rc);
        return;
    }
    conn->setup.connect.data = conn;
    rc = uv_tcp_connect(&conn->setup.connect, &conn->io.tcp, address, connected);
    if (rc == 0) {
        conn->held++;
    } else {
        conn_fail(conn, CONN_FAILED_CONNECT, "cannot connect", rc);
    }
}

static void connect_next(struct conn *conn)
{
    const struct addrinfo *address = conn->next_address;
    conn->next_address = address->ai_next;
    connect_tcp(conn, address->ai_addr);
}

static void failed_socket_closed(uv_handle_t *handle)
{
    struct conn *conn = handle->data;
    if (!conn->freed && !conn->ended) {
        connect_next(conn);
    }
    conn_release(conn);
}

/* The handle of the failed attempt has to be closed before it can be used again. */
static void try_next_address(struct conn *conn)
{
    conn->state = STREAM_NONE;
    conn->setup.connect = (uv_connect_t){0};
    uv_close(&conn->io.handle, failed_socket_closed);
}

static void resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *addresses)
{
    struct conn *conn = request->data;
    conn->setup.connect = (uv_connect_t){0};
    conn->addresses = addresses;
    conn->next_address = addresses;
    if (!conn->freed && !conn->ended) {
        if (status != 0 || addresses == NULL) {
            conn_fail(conn, CONN_FAILED_RESOLVE, "the name cannot be resolved", status);
        } else {
            connect_next(conn);
        }
        conn_deliver(conn);
    }
    conn_release(conn);
}

static void resolve(struct conn *conn)
{
    struct addrinfo hints = {
        .ai_family = conn->ip_version == 4   ? AF_INET
                     : conn->ip_version == 6 ? AF_INET6
                                             : AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_NUMERICSERV,
    };
    char port[8];
    (void)snprintf(port, sizeof port, "%u", (unsigned)conn->port);
    char *ascii = NULL;
    const char *name = conn->host;
    if (idn2_to_ascii_8z(conn->host, &ascii, IDN2_NONTRANSITIONAL) == IDN2_OK) {
        name = ascii;
    }
    conn->setup.resolve.data = conn;
    int rc =
        uv_getaddrinfo(loop_handle(conn->loop), &conn->setup.resolve, resolved, name, port, &hints);
    idn2_free(ascii);
    if (rc == 0) {
        conn->held++;
    } else {
        conn->setup.connect = (uv_connect_t){0};
        conn_fail(conn, CONN_FAILED_RESOLVE, "the name cannot be resolved", rc);
    }
}

static void open_tcp(struct conn *conn)
{
    struct sockaddr_in four = {0};
    struct sockaddr_in6 six = {0};
    conn->peer = memory_format("%s port %u", conn->host, (unsigned)conn->port);
    /* An address needs no resolver, and no thread for it. */
    if (conn->ip_version != 6 && uv_ip4_addr(conn->host, conn->port, &four) == 0) {
        connect_tcp(conn, (const struct sockaddr *)&four);
    } else if (conn->ip_version != 4 && uv_ip6_addr(conn->host, conn->port, &six) == 0) {
        connect_tcp(conn, (const struct sockaddr *)&six);
    } else {
        resolve(conn);
    }
}

static void init_pipe(struct conn *conn)
{
    (void)uv_pipe_init(loop_handle(conn->loop), &conn->io.pipe, 0);
    conn->io.handle.data = conn;
    conn->held++;
    conn->state = STREAM_CONNECTING;
}

static void open_unix(struct conn *conn)
{
    conn->peer = memory_text(span_text(conn->unix_path));
    init_pipe(conn);
    conn->setup.connect.data = conn;
    conn->held++;
    uv_pipe_connect(&conn->setup.connect, &conn->io.pipe, conn->unix_path, connected);
}

static void handle_closed(uv_handle_t *handle)
{
    conn_release(handle->data);
}

static void process_ended(uv_process_t *process, int64_t status, int signal)
{
    struct conn *conn = process->data;
    (void)status;
    (void)signal;
    conn->child_alive = false;
    uv_close((uv_handle_t *)process, handle_closed);
    if (conn->freed) {
        uv_close((uv_handle_t *)&conn->soon, handle_closed);
    }
}

/* The child's standard input and output are one end of a socket pair, so that both directions
   can be closed apart. */
static void open_program(struct conn *conn, const char *const *argv)
{
    int ends[2] = {-1, -1};
    conn->program = memory_text(span_text(argv[0]));
    conn->peer = memory_text(span_text(argv[0]));
    init_pipe(conn);
    int rc = uv_socketpair(SOCK_STREAM, 0, ends, UV_NONBLOCK_PIPE, 0);
    if (rc != 0) {
        conn_fail(conn, CONN_FAILED_SPAWN, "cannot make a socket pair", rc);
        return;
    }
    (void)uv_pipe_open(&conn->io.pipe, ends[0]);
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_INHERIT_FD, .data.fd = ends[1]},
        {.flags = UV_INHERIT_FD, .data.fd = ends[1]},
        {.flags = UV_IGNORE},
    };
    uv_process_options_t options = {
        .exit_cb = process_ended,
        .file = argv[0],
        .args = (char **)(uintptr_t)argv,
        .stdio_count = 3,
        .stdio = stdio,
    };
    rc = uv_spawn(loop_handle(conn->loop), &conn->process, &options);
    (void)close(ends[1]);
    conn->process.data = conn;
    conn->held++;
    if (rc != 0) {
        uv_close((uv_handle_t *)&conn->process, handle_closed);
        conn_fail(conn, CONN_FAILED_SPAWN, "cannot start the program", rc);
        return;
    }
    conn->child_alive = true;
    /* A child alone is no reason to go on running. */
    uv_unref((uv_handle_t *)&conn->process);
    conn_opened(conn);
    conn_raise(conn, CONN_CONNECTED);
}

static void connect_timed_out(uv_timer_t *timer)
{
    struct conn *conn = timer->data;
    conn_fail(conn, CONN_FAILED_CONNECT, "cannot connect", UV_ETIMEDOUT);
    conn_deliver(conn);
}

static char *copy(const char *text)
{
    return text == NULL ? NULL : memory_text(span_text(text));
}

struct conn *conn_new(struct loop *loop, const struct conn_config *config)
{
    struct conn *conn = conn_alloc(loop);
    conn->callback = config->callback;
    conn->context = config->context;
    conn_set_buffer_max(conn, config->buffer_max);
    conn->low_water = config->low_water;
    conn->host = copy(config->host);
    conn->port = config->port;
    conn->unix_path = copy(config->unix_path);
    conn->bind_address = copy(config->bind_address);
    conn->ip_version = config->ip_version;
    if (config->argv != NULL) {
        open_program(conn, config->argv);
    } else if (config->unix_path != NULL) {
        open_unix(conn);
    } else {
        open_tcp(conn);
    }
    if (config->connect_timeout != 0 && conn->state != STREAM_OPEN && !conn->ended) {
        uv_update_time(loop_handle(loop));
        (void)uv_timer_start(&conn->pace, connect_timed_out, config->connect_timeout, 0);
    }
    return conn;
}
