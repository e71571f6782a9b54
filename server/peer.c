/* SPDX-License-Identifier: MIT */
#include "server/peer.h"

#include "net/memory.h"

enum {
    PENDING_MAX = 1024 * 1024,
    PENDING_LOW = 256 * 1024,
    HANDSHAKE_MS = 30000,
    FAREWELL_MS = 250
};

struct peer {
    struct peer *next;
    struct peer **link;
    struct peers *peers;
    struct conn *conn;
    struct service *service; /* NULL until a TLS handshake at the start is done */
    enum protocol protocol;
    bool handshake; /* waits for TLS */
    bool woken;     /* the store has changed */
    bool closing;
    bool refused; /* one too many */
};

struct peers {
    struct peers_config config;
    struct peer *first;
    size_t count; /* without those that were refused */
    struct loop_timer *wake;
    bool ending; /* the loop stops when the last one is gone */
};

static void peer_free(struct peer *peer)
{
    *peer->link = peer->next;
    if (peer->next != NULL) {
        peer->next->link = peer->link;
    }
    peer->peers->count -= peer->refused ? 0 : 1;
    service_free(&peer->service);
    conn_free(&peer->conn);
    if (peer->peers->ending && peer->peers->first == NULL) {
        loop_stop(peer->peers->config.loop);
    }
    memory_free(peer);
}

static void on_wake(void *context)
{
    struct peer *peer = context;
    if (!peer->woken) {
        peer->woken = true;
        loop_timer_start(peer->peers->wake, 0);
    }
}

static void send(struct peer *peer, size_t len)
{
    const struct peers_config *config = &peer->peers->config;
    struct span octets = span_sub(buffer_span(&peer->service->out), 0, len);
    conn_write_sliced(peer->conn, octets, config->split, config->split_gap_ms);
    buffer_drop(&peer->service->out, octets.len);
}

/* Sends what the conversation has to say, with the pauses that were asked for. */
static void flush(struct peer *peer)
{
    struct service *service = peer->service;
    if (service->pause_ms != 0) {
        send(peer, service->pause_at);
        conn_write_pause(peer->conn, service->pause_ms);
        service->pause_ms = 0;
        service->pause_at = 0;
    }
    send(peer, service->out.len);
}

static void close_peer(struct peer *peer)
{
    peer->closing = true;
    conn_close(peer->conn);
}

/* What the conversation wants next; false when it must not be fed now. */
static bool do_next(struct peer *peer)
{
    struct service *service = peer->service;
    switch (service->next) {
    case SERVICE_READ:
        return true;
    case SERVICE_TLS:
        peer->handshake = true;
        conn_set_deadline(peer->conn, HANDSHAKE_MS);
        conn_start_tls_server(peer->conn, peer->peers->config.tls,
                              service->keep_plain ? CONN_LEFTOVER_KEEP : CONN_LEFTOVER_DROP);
        return false;
    case SERVICE_DEFLATE:
        conn_start_deflate(peer->conn);
        service->next = SERVICE_READ;
        return false;
    case SERVICE_CLOSE:
    case SERVICE_DROP:
        break;
    }
    close_peer(peer);
    return false;
}

/* Feeds what is there, as long as the client takes the answers. */
static void run(struct peer *peer)
{
    bool more = !peer->handshake && !peer->closing && peer->service != NULL;
    while (more) {
        size_t taken = service_feed(peer->service, conn_data(peer->conn));
        conn_drop(peer->conn, taken);
        flush(peer);
        more = do_next(peer) && taken != 0 && conn_pending(peer->conn) <= PENDING_MAX;
    }
    if (conn_pending(peer->conn) > PENDING_MAX) {
        conn_pause(peer->conn);
    }
}

static void begin(struct peer *peer, bool tls)
{
    peer->service = service_new(peer->peers->config.service, peer->protocol, tls);
    peer->service->wake = on_wake;
    peer->service->wake_context = peer;
    peer->service->channel = conn_tls(peer->conn);
    peer->service->peer = conn_peer(peer->conn);
    flush(peer);
    (void)do_next(peer);
}

static void tls_ready(struct peer *peer)
{
    peer->handshake = false;
    if (peer->service == NULL) {
        begin(peer, true);
    } else {
        peer->service->channel = conn_tls(peer->conn);
        service_tls_started(peer->service);
        flush(peer);
    }
}

static void say_farewell(struct peer *peer, enum service_end why)
{
    if (peer->service != NULL && !peer->handshake && !peer->closing) {
        service_farewell(peer->service, why);
        flush(peer);
    }
    close_peer(peer);
}

static void reset_deadline(struct peer *peer)
{
    if (peer->service != NULL && !peer->handshake && !peer->closing) {
        conn_set_deadline(peer->conn, service_idle_ms(peer->service));
    }
}

static void on_event(void *context, struct conn *conn, enum conn_event event)
{
    struct peer *peer = context;
    (void)conn;
    switch (event) {
    case CONN_CONNECTED:
        return;
    case CONN_TLS_READY:
        tls_ready(peer);
        break;
    case CONN_DATA:
        break;
    case CONN_DRAINED:
        conn_resume(peer->conn);
        break;
    case CONN_EOF:
        run(peer);
        close_peer(peer);
        return;
    case CONN_TIMEOUT:
        say_farewell(peer, SERVICE_IDLE);
        return;
    case CONN_CLOSED:
    case CONN_RESET:
    case CONN_ERROR:
        peer_free(peer);
        return;
    }
    run(peer);
    reset_deadline(peer);
}

/* Those whose mailbox has changed may have to say so. */
static void wake_all(void *context)
{
    struct peers *peers = context;
    for (struct peer *peer = peers->first; peer != NULL; peer = peer->next) {
        bool woken = peer->woken;
        peer->woken = false;
        if (woken && peer->service != NULL && !peer->handshake && !peer->closing) {
            service_changed(peer->service);
            flush(peer);
            (void)do_next(peer);
        }
    }
}

struct peers *peers_new(const struct peers_config *config)
{
    struct peers *peers = memory_zero(1, sizeof *peers);
    peers->config = *config;
    peers->wake = loop_timer_new(config->loop, wake_all, peers);
    return peers;
}

void peers_free(struct peers **peers)
{
    if (*peers != NULL) {
        while ((*peers)->first != NULL) {
            peer_free((*peers)->first);
        }
        loop_timer_free(&(*peers)->wake);
        memory_free(*peers);
        *peers = NULL;
    }
}

static void end_now(void *context)
{
    struct peers *peers = context;
    loop_stop(peers->config.loop);
}

void peers_shut_down(struct peers *peers)
{
    struct loop_timer *patience = loop_timer_new(peers->config.loop, end_now, peers);
    for (struct peer *peer = peers->first, *next = NULL; peer != NULL; peer = next) {
        next = peer->next;
        say_farewell(peer, SERVICE_SHUTDOWN);
    }
    peers->ending = true;
    if (peers->first != NULL) {
        loop_timer_start(patience, FAREWELL_MS);
        loop_run(peers->config.loop);
    }
    peers->ending = false;
    loop_timer_free(&patience);
}

size_t peers_count(const struct peers *peers)
{
    return peers->count;
}

/* Inside TLS nothing can be said ahead of a handshake. */
static void refuse(struct peer *peer, enum protocol protocol, bool tls)
{
    const struct service_config *config = peer->peers->config.service;
    char *text = protocol == PROTOCOL_POP3
                     ? memory_text(SPAN_LIT("-ERR [SYS/TEMP] Too many connections\r\n"))
                 : protocol == PROTOCOL_IMAP
                     ? memory_text(SPAN_LIT("* BYE [UNAVAILABLE] Too many connections\r\n"))
                     : memory_format("421 %s Too many connections\r\n", config->host_name);
    if (!tls) {
        conn_write(peer->conn, span_text(text));
    }
    memory_free(text);
    peer->refused = true;
    close_peer(peer);
}

void peers_add(struct peers *peers, struct conn *conn, enum protocol protocol, bool tls)
{
    struct peer *peer = memory_zero(1, sizeof *peer);
    peer->peers = peers;
    peer->conn = conn;
    peer->protocol = protocol;
    peer->next = peers->first;
    peer->link = &peers->first;
    if (peer->next != NULL) {
        peer->next->link = &peer->next;
    }
    peers->first = peer;
    conn_set_callback(conn, on_event, peer);
    conn_set_low_water(conn, PENDING_LOW);
    if (peers->count >= peers->config.max) {
        refuse(peer, protocol, tls);
        return;
    }
    peers->count++;
    if (tls) {
        peer->handshake = true;
        conn_set_deadline(conn, HANDSHAKE_MS);
        conn_start_tls_server(conn, peers->config.tls, CONN_LEFTOVER_TLS);
    } else {
        begin(peer, false);
        reset_deadline(peer);
    }
}
