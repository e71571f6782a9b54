/* SPDX-License-Identifier: MIT */
#include "trace/proxy.h"

#include "net/buffer.h"
#include "net/conn.h"
#include "net/deflate.h"
#include "net/listener.h"
#include "net/memory.h"
#include "net/tls.h"

enum {
    JUDGE_MEMORY = 4 * 1024 * 1024, /* touched as far as it is needed only */
    JUDGE_SCRATCH = 1024 * 1024,
    JUDGE_LITERAL = 16 * 1024,      /* octets of a literal that are looked into */
    JUDGE_BUFFER = 4 * 1024 * 1024, /* octets that wait for the other side to be judged */
    STEP = 32 * 1024,               /* octets that are judged at once: they stay in the cache */
    CONN_BUFFER = 256 * 1024,
    SEND_HIGH = 64 * 1024, /* the other side reads slowly: read no more from this one */
    SEND_LOW = 32 * 1024,
};

struct proxied {
    struct proxied *next;
    struct proxy *proxy;
    unsigned serial;
    struct conn *conn[2];       /* by enum side: the client's and the server's */
    struct buffer waiting[2];   /* octets that were passed on but not judged yet */
    struct buffer packed[2];    /* COMPRESS: octets that were not inflated yet */
    struct deflate *inflate[2]; /* COMPRESS is active */
    size_t told;                /* octets of the client's present unit that part() was given */
    bool ended[2];              /* its direction is closed, and the other side was told */
    bool opaque;                /* the rest cannot be judged */
    struct session session;
    void *memory;
    void *scratch;
};

struct proxy {
    struct proxy_config config;
    struct loop *loop;
    struct listener *listener;
    struct proxied *open;
    unsigned serial;
};

static enum side other(enum side side)
{
    return side == SIDE_CLIENT ? SIDE_SERVER : SIDE_CLIENT;
}

static void proxied_free(struct proxied *p, const char *reason)
{
    struct proxied **at = &p->proxy->open;
    while (*at != p) {
        at = &(*at)->next;
    }
    *at = p->next;
    if (p->proxy->config.closed != NULL) {
        p->proxy->config.closed(p->proxy->config.context, p->serial, reason);
    }
    for (int side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        conn_free(&p->conn[side]);
        buffer_fini(&p->waiting[side]);
        buffer_fini(&p->packed[side]);
        deflate_free(&p->inflate[side]);
    }
    memory_free(p->memory);
    memory_free(p->scratch);
    memory_free(p);
}

static void take_finding(void *context, const struct finding *finding)
{
    struct proxied *p = context;
    if (p->proxy->config.finding != NULL) {
        p->proxy->config.finding(p->proxy->config.context, p->serial, finding);
    }
}

/* Both sides agreed on TLS: ends it on both, or sees no more. */
static void enter_tls(struct proxied *p)
{
    const struct proxy_config *config = &p->proxy->config;
    if (config->to_client == NULL || config->to_server == NULL) {
        p->opaque = true;
        return;
    }
    conn_start_tls_server(p->conn[SIDE_CLIENT], config->to_client, CONN_LEFTOVER_TLS);
    conn_start_tls_client(p->conn[SIDE_SERVER], config->to_server, config->upstream_name,
                          CONN_LEFTOVER_TLS);
    session_tls_started(&p->session, true);
}

/* Octets of a side for the judge: as they are, or inflated where COMPRESS is active. */
static void show(struct proxied *p, enum side side, struct span octets)
{
    if (p->inflate[side] == NULL) {
        buffer_append(&p->waiting[side], octets);
        return;
    }
    buffer_append(&p->packed[side], octets);
    if (!deflate_unpack(p->inflate[side], &p->packed[side], &p->waiting[side], JUDGE_BUFFER)) {
        p->opaque = true;
    }
}

/* Both sides agreed on DEFLATE: what has come since is compressed already. */
static void enter_compress(struct proxied *p)
{
    session_compress_started(&p->session);
    for (int side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        struct buffer early = p->waiting[side];
        p->waiting[side] = (struct buffer){0};
        p->inflate[side] = deflate_new();
        show(p, (enum side)side, buffer_span(&early));
        buffer_fini(&early);
    }
}

/* The client waits for "+" behind a literal's head: what it has said so far comes before the
   server's answer. */
static void tell_part(struct proxied *p)
{
    const struct frame *frame = &p->session.frame[SIDE_CLIENT];
    const struct proxy_config *config = &p->proxy->config;
    if (frame->sync == FRAME_SYNC_WAIT && frame->seen > p->told && config->part != NULL) {
        config->part(
            config->context, p->serial,
            span_sub(buffer_span(&p->waiting[SIDE_CLIENT]), p->told, frame->seen - p->told));
        p->told = frame->seen;
    }
}

/* One unit of this side; true when something moved. */
static bool judge_step(struct proxied *p, enum side side)
{
    struct buffer *waiting = &p->waiting[side];
    struct session_event event;
    enum session_rc rc = session_step(&p->session, side, buffer_span(waiting), &event);
    struct frame *frame = &p->session.frame[side];
    switch (rc) {
    case SESSION_EVENT:
        if (p->proxy->config.unit != NULL && event.unit.octets.len > 0) {
            p->proxy->config.unit(p->proxy->config.context, p->serial, &event,
                                  side == SIDE_CLIENT ? p->told : 0);
        }
        p->told = side == SIDE_CLIENT ? 0 : p->told;
        buffer_drop(waiting, event.unit.octets.len);
        return true;
    case SESSION_DISCARD:
        buffer_cut(waiting, frame->discard_pos, frame->discard);
        return true;
    case SESSION_TLS:
        enter_tls(p);
        return false;
    case SESSION_COMPRESS:
        enter_compress(p);
        return true;
    case SESSION_WAIT:
        tell_part(p);
        break;
    case SESSION_MORE:
        break;
    }
    return false;
}

static void judge(struct proxied *p, enum side first)
{
    bool moved = true;
    while (moved && !p->opaque) {
        moved = false;
        while (!p->opaque && judge_step(p, first)) {
            moved = true;
        }
        while (!p->opaque && judge_step(p, other(first))) {
            moved = true;
        }
    }
    if (buffer_span(&p->waiting[first]).len > JUDGE_BUFFER) {
        p->opaque = true;
    }
    for (int side = SIDE_CLIENT; p->opaque && side <= SIDE_SERVER; side++) {
        buffer_drop(&p->waiting[side], buffer_span(&p->waiting[side]).len);
    }
}

/* Passes on what has come from one side. */
static void pass(struct proxied *p, enum side side)
{
    struct conn *to = p->conn[other(side)];
    struct span octets = conn_data(p->conn[side]);
    if (octets.len == 0 || to == NULL) {
        return;
    }
    conn_write(to, octets);
    if (conn_pending(to) > SEND_HIGH) {
        conn_pause(p->conn[side]);
    }
    bool tls = conn_is_tls(p->conn[side]);
    for (size_t left = octets.len; left > 0 && conn_is_tls(p->conn[side]) == tls;) {
        struct span part = span_sub(conn_data(p->conn[side]), 0, left < STEP ? left : STEP);
        left -= part.len;
        if (!p->opaque) {
            show(p, side, part);
        }
        conn_drop(p->conn[side], part.len);
        judge(p, side);
    }
}

static void end(struct proxied *p, enum side side)
{
    pass(p, side);
    if (!p->ended[side]) {
        p->ended[side] = true;
        session_end(&p->session, side, buffer_span(&p->waiting[side]));
        conn_shutdown(p->conn[other(side)]);
    }
    if (p->ended[SIDE_CLIENT] && p->ended[SIDE_SERVER]) {
        conn_close(p->conn[SIDE_CLIENT]);
        conn_close(p->conn[SIDE_SERVER]);
    }
}

/* One side is gone for good: the other one is told in the same way. */
static void lost(struct proxied *p, enum side side, bool reset)
{
    struct conn *rest = p->conn[other(side)];
    char *reason = memory_format("the %s %s", side == SIDE_CLIENT ? "client" : "server",
                                 reset ? "reset the connection" : "closed");
    if (conn_error(p->conn[side])[0] != '\0') {
        memory_free(reason);
        reason = memory_text(span_text(conn_error(p->conn[side])));
    }
    if (reset) {
        conn_abort(rest);
    } else if (conn_pending(rest) > 0 && p->ended[side]) {
        /* What waits for the other side still goes out; its own end frees both. */
        memory_free(reason);
        conn_close(rest);
        conn_free(&p->conn[side]);
        return;
    }
    proxied_free(p, reason);
    memory_free(reason);
}

static void on_event(struct proxied *p, enum side side, enum conn_event event)
{
    switch (event) {
    case CONN_CONNECTED:
        if (side == SIDE_SERVER) {
            if (p->proxy->config.tls) {
                conn_start_tls_client(p->conn[side], p->proxy->config.to_server,
                                      p->proxy->config.upstream_name, CONN_LEFTOVER_TLS);
            }
            conn_resume(p->conn[SIDE_CLIENT]);
        }
        break;
    case CONN_DATA:
        pass(p, side);
        break;
    case CONN_DRAINED:
        if (p->conn[other(side)] != NULL) {
            conn_resume(p->conn[other(side)]);
        }
        break;
    case CONN_EOF:
        end(p, side);
        break;
    case CONN_CLOSED:
        lost(p, side, false);
        break;
    case CONN_RESET:
    case CONN_ERROR:
        lost(p, side, true);
        break;
    case CONN_TLS_READY:
    case CONN_TIMEOUT:
        break;
    }
}

static void client_event(void *context, struct conn *conn, enum conn_event event)
{
    (void)conn;
    on_event(context, SIDE_CLIENT, event);
}

static void server_event(void *context, struct conn *conn, enum conn_event event)
{
    (void)conn;
    on_event(context, SIDE_SERVER, event);
}

static void accepted(void *context, struct conn *conn)
{
    struct proxy *proxy = context;
    const struct proxy_config *config = &proxy->config;
    struct proxied *p = memory_zero(1, sizeof *p);
    p->proxy = proxy;
    p->serial = ++proxy->serial;
    p->next = proxy->open;
    proxy->open = p;
    p->memory = memory_alloc(JUDGE_MEMORY);
    p->scratch = memory_alloc(JUDGE_SCRATCH);
    const struct session_config session = {.protocol = config->protocol,
                                           .tls = config->tls,
                                           .literal_keep = JUDGE_LITERAL,
                                           .unit_limit = JUDGE_BUFFER,
                                           .memory = p->memory,
                                           .memory_len = JUDGE_MEMORY,
                                           .scratch = p->scratch,
                                           .scratch_len = JUDGE_SCRATCH,
                                           .finding = take_finding,
                                           .context = p};
    session_init(&p->session, &session);
    if (config->opened != NULL) {
        config->opened(config->context, p->serial, conn_peer(conn));
    }
    p->conn[SIDE_CLIENT] = conn;
    conn_set_callback(conn, client_event, p);
    conn_set_buffer_max(conn, CONN_BUFFER);
    conn_set_low_water(conn, SEND_LOW);
    /* Nothing is read from the client before the server can take it. */
    conn_pause(conn);
    if (config->tls) {
        conn_start_tls_server(conn, config->to_client, CONN_LEFTOVER_TLS);
    }
    const struct conn_config upstream = {.host = config->upstream_host,
                                         .port = config->upstream_port,
                                         .unix_path = config->upstream_unix,
                                         .buffer_max = CONN_BUFFER,
                                         .low_water = SEND_LOW,
                                         .connect_timeout = 30000,
                                         .callback = server_event,
                                         .context = p};
    p->conn[SIDE_SERVER] = conn_new(proxy->loop, &upstream);
}

struct proxy *proxy_new(struct loop *loop, const struct proxy_config *config, char **error)
{
    struct proxy *proxy = memory_zero(1, sizeof *proxy);
    proxy->config = *config;
    proxy->loop = loop;
    const struct listener_config listener = {.host = config->listen_host,
                                             .port = config->listen_port,
                                             .accepted = accepted,
                                             .context = proxy};
    proxy->listener = listener_new(loop, &listener, error);
    if (proxy->listener == NULL) {
        memory_free(proxy);
        return NULL;
    }
    return proxy;
}

void proxy_free(struct proxy **proxy)
{
    if (*proxy == NULL) {
        return;
    }
    while ((*proxy)->open != NULL) {
        proxied_free((*proxy)->open, "stopped");
    }
    listener_free(&(*proxy)->listener);
    memory_free(*proxy);
    *proxy = NULL;
}

const char *proxy_address(const struct proxy *proxy)
{
    return listener_address(proxy->listener);
}

size_t proxy_count(const struct proxy *proxy)
{
    size_t count = 0;
    for (const struct proxied *p = proxy->open; p != NULL; p = p->next) {
        count++;
    }
    return count;
}
