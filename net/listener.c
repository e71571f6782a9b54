/* SPDX-License-Identifier: MIT */
#include "net/listener.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/conn_internal.h"
#include "net/memory.h"

enum { BACKLOG = 511 };

struct listener {
    struct loop *loop;
    struct loop_member member;
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } io;
    void (*accepted)(void *context, struct conn *conn);
    void *context;
    uint16_t port;
    char *address;
    bool is_unix;
};

static void came(uv_stream_t *stream, int status)
{
    struct listener *listener = stream->data;
    if (status != 0) {
        return;
    }
    struct conn *conn = conn_alloc(listener->loop);
    if (listener->is_unix) {
        (void)uv_pipe_init(loop_handle(listener->loop), &conn->io.pipe, 0);
        conn->peer = memory_text(span_text(listener->address));
    } else {
        (void)uv_tcp_init(loop_handle(listener->loop), &conn->io.tcp);
    }
    conn->io.handle.data = conn;
    conn->held++;
    conn->state = STREAM_CONNECTING;
    if (uv_accept(stream, &conn->io.stream) != 0) {
        conn_free(&conn);
        return;
    }
    conn_opened(conn);
    loop_note(listener->loop);
    listener->accepted(listener->context, conn);
}

/* A socket file that nobody listens on is left over from an earlier run. */
static void remove_stale(const char *path)
{
    struct stat info = {0};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (lstat(path, &info) != 0 || !S_ISSOCK(info.st_mode) ||
        strlen(path) >= sizeof address.sun_path) {
        return;
    }
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd >= 0) {
        if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0 &&
            errno == ECONNREFUSED) {
            (void)unlink(path);
        }
        (void)close(fd);
    }
}

static int bind_tcp(struct listener *listener, const struct listener_config *config)
{
    const char *host = config->host == NULL ? "127.0.0.1" : config->host;
    struct sockaddr_storage address = {0};
    int rc = uv_ip4_addr(host, config->port, (struct sockaddr_in *)(void *)&address);
    if (rc != 0) {
        rc = uv_ip6_addr(host, config->port, (struct sockaddr_in6 *)(void *)&address);
    }
    if (rc != 0) {
        uv_getaddrinfo_t request = {0};
        char port[8];
        (void)snprintf(port, sizeof port, "%u", (unsigned)config->port);
        struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
        rc = uv_getaddrinfo(loop_handle(listener->loop), &request, NULL, host, port, &hints);
        if (rc == 0) {
            memcpy(&address, request.addrinfo->ai_addr, request.addrinfo->ai_addrlen);
            uv_freeaddrinfo(request.addrinfo);
        }
    }
    (void)uv_tcp_init(loop_handle(listener->loop), &listener->io.tcp);
    return rc != 0 ? rc : uv_tcp_bind(&listener->io.tcp, (struct sockaddr *)&address, 0);
}

static int bind_unix(struct listener *listener, const struct listener_config *config)
{
    remove_stale(config->unix_path);
    (void)uv_pipe_init(loop_handle(listener->loop), &listener->io.pipe, 0);
    int rc = uv_pipe_bind(&listener->io.pipe, config->unix_path);
    /* libuv says EACCES for a missing folder, too. */
    char *folder = memory_text(span_text(config->unix_path));
    char *slash = strrchr(folder, '/');
    if (rc == UV_EACCES && slash != NULL && slash != folder) {
        *slash = '\0';
        rc = access(folder, F_OK) != 0 && errno == ENOENT ? UV_ENOENT : rc;
    }
    memory_free(folder);
    return rc;
}

static void closed(uv_handle_t *handle)
{
    struct listener *listener = handle->data;
    memory_free(listener->address);
    memory_free(listener);
}

static void member_release(struct loop_member *member)
{
    struct listener *listener =
        (struct listener *)(void *)((uint8_t *)member - offsetof(struct listener, member));
    uv_close(&listener->io.handle, closed);
}

static void name_address(struct listener *listener, const struct listener_config *config)
{
    if (listener->is_unix) {
        listener->address = memory_text(span_text(config->unix_path));
        return;
    }
    struct sockaddr_storage address = {0};
    int len = sizeof address;
    (void)uv_tcp_getsockname(&listener->io.tcp, (struct sockaddr *)&address, &len);
    listener->address = conn_address_text((struct sockaddr *)&address);
    /* The port stands at the same place in both kinds of address. */
    const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)&address;
    listener->port = ntohs(four->sin_port);
}

struct listener *listener_new(struct loop *loop, const struct listener_config *config, char **error)
{
    struct listener *listener = memory_zero(1, sizeof *listener);
    listener->loop = loop;
    listener->accepted = config->accepted;
    listener->context = config->context;
    listener->is_unix = config->unix_path != NULL;
    int rc = listener->is_unix ? bind_unix(listener, config) : bind_tcp(listener, config);
    listener->io.handle.data = listener;
    listener->member.release = member_release;
    loop_join(loop, &listener->member);
    if (rc == 0) {
        rc =
            uv_listen(&listener->io.stream, config->backlog == 0 ? BACKLOG : config->backlog, came);
    }
    if (rc != 0) {
        *error = listener->is_unix
                     ? memory_format("cannot listen on %s: %s", config->unix_path, uv_strerror(rc))
                     : memory_format("cannot listen on %s port %u: %s",
                                     config->host == NULL ? "127.0.0.1" : config->host,
                                     (unsigned)config->port, uv_strerror(rc));
        listener_free(&listener);
        return NULL;
    }
    name_address(listener, config);
    return listener;
}

void listener_free(struct listener **listener)
{
    if (*listener != NULL) {
        loop_leave(&(*listener)->member);
        member_release(&(*listener)->member);
        *listener = NULL;
    }
}

uint16_t listener_port(const struct listener *listener)
{
    return listener->port;
}

const char *listener_address(const struct listener *listener)
{
    return listener->address == NULL ? "" : listener->address;
}
