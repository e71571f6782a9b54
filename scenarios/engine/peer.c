/* SPDX-License-Identifier: MIT */
#include "scenarios/engine/peer.h"

#include "net/memory.h"

enum {
    UNIT_MAX = 1024 * 1024,
    BUFFER_MAX = UNIT_MAX + 64 * 1024,
    QUEUE_MAX = 3 * 1024 * 1024,
    FLOOD_MAX = 8 * 1024 * 1024, /* since the client last said something */
    MEMORY_LEN = 4 * 1024 * 1024,
    SCRATCH_LEN = 8 * 1024 * 1024,
    LINE_MAX_KEPT = 2048,
    LINES_MAX = 4000,
    LINES_AT_ONCE = 100, /* of the server, before anything else happens */
    TRANSCRIPT_MAX = 1024 * 1024,
    TRANSCRIPT_WHOLE = 16 * 1024 * 1024,
};

static void line_add(struct transcript *t, const struct transcript_line *line)
{
    if (t->whole ? t->octets >= TRANSCRIPT_WHOLE
                 : t->count >= LINES_MAX || t->octets >= TRANSCRIPT_MAX) {
        return;
    }
    if (t->count == t->cap) {
        t->cap = t->cap * 2 + 16;
        t->lines = memory_resize(t->lines, t->cap, sizeof *t->lines);
    }
    struct span kept =
        span_sub((struct span){line->data, line->len}, 0, t->whole ? UNIT_MAX : LINE_MAX_KEPT);
    t->lines[t->count] = *line;
    t->lines[t->count].conn = memory_text(span_text(line->conn));
    t->lines[t->count].data = memory_copy(kept);
    t->lines[t->count].len = kept.len;
    t->lines[t->count++].folded = line->len - kept.len;
    t->octets += kept.len;
}

void transcript_add(struct transcript *t, double ms, const char *conn, char dir, bool tls,
                    struct span data)
{
    struct transcript_line line = {.ms = ms,
                                   .conn = (char *)(uintptr_t)conn,
                                   .dir = dir,
                                   .tls = tls,
                                   .data = (uint8_t *)(uintptr_t)data.ptr,
                                   .len = data.len};
    if (dir == 'S' && ++t->in_a_row > LINES_AT_ONCE && !t->whole) {
        return;
    }
    if (dir != 'S') {
        if (t->in_a_row > LINES_AT_ONCE && !t->whole) {
            char *text = memory_format("%zu more lines", t->in_a_row - LINES_AT_ONCE);
            struct transcript_line remark = line;
            remark.dir = '-';
            remark.data = (uint8_t *)text;
            remark.len = strlen(text);
            line_add(t, &remark);
            memory_free(text);
        }
        t->in_a_row = 0;
    }
    line_add(t, &line);
}

void transcript_fini(struct transcript *t)
{
    for (size_t i = 0; i < t->count; i++) {
        memory_free(t->lines[i].conn);
        memory_free(t->lines[i].data);
    }
    memory_free(t->lines);
    *t = (struct transcript){0};
}

static void note(struct peer *p, char dir, struct span data)
{
    transcript_add(p->config.transcript, p->config.now(p->config.context), p->config.name, dir,
                   p->tls, data);
}

static void on_finding(void *context, const struct finding *finding)
{
    struct peer *p = context;
    p->config.finding(p->config.context, p, finding);
}

/* --- units ------------------------------------------------------------------------------------ */

void unit_free(struct unit *u)
{
    bytes_fini(&u->octets);
    bytes_fini(&u->body);
    memory_free(u);
}

/* What a unit that waits counts: many small ones take more memory than their octets. */
static size_t unit_cost(const struct unit *u)
{
    return sizeof *u + 256 + u->octets.len + u->body.len;
}

/* Takes the final "." line and the stuffed dots away. */
static void body_unstuff(struct bytes *b)
{
    size_t out = 0;
    bool start = true;
    if (b->len >= 3 && memcmp(b->ptr + b->len - 3, ".\r\n", 3) == 0) {
        b->len -= 3;
    }
    for (size_t i = 0; i < b->len; i++) {
        if (start && b->ptr[i] == '.') {
            start = false;
            continue;
        }
        start = b->ptr[i] == '\n';
        b->ptr[out++] = b->ptr[i];
    }
    b->len = out;
}

static void flooded(struct peer *p, const char *why)
{
    if (!p->flooded) {
        p->flooded = true;
        note(p, '-', span_text(why));
        p->eof = true;
        conn_free(&p->conn);
    }
}

static void unit_add(struct peer *p, const struct session_event *e)
{
    struct unit *u = memory_zero(1, sizeof *u);
    u->kind = e->kind;
    u->line = p->config.transcript->count;
    u->complete = true;
    bytes_add(&u->octets, e->unit.octets);
    note(p, 'S', e->unit.octets);
    if (p->config.transcript->count == u->line) {
        u->line = SIZE_MAX;
    }
    if (p->config.protocol == PROTOCOL_POP3 && e->kind == EVENT_REPLY &&
        p->session.as.pop3.body.open) {
        u->has_body = true;
        u->complete = false;
    }
    if (p->last == NULL) {
        p->units = u;
    } else {
        p->last->next = u;
    }
    p->last = u;
    p->queued += unit_cost(u);
    p->unasked += unit_cost(u);
}

static void on_server_event(struct peer *p, const struct session_event *e)
{
    struct unit *u = p->last;
    bool piece = e->kind == EVENT_LINE || e->kind == EVENT_DATA || e->kind == EVENT_DATA_END ||
                 (e->kind == EVENT_BROKEN && u != NULL && !u->complete);
    if (!piece) {
        unit_add(p, e);
        return;
    }
    note(p, 'S', e->unit.octets);
    if (u != NULL && !u->complete) {
        bytes_add(&u->body, e->unit.octets);
        p->queued += e->unit.octets.len;
        if (e->kind == EVENT_DATA_END ||
            (e->kind == EVENT_BROKEN && !p->session.as.pop3.body.open)) {
            body_unstuff(&u->body);
            u->complete = true;
        }
    }
}

/* Shows the session what is new on one side; true when it took something. */
static bool side_step(struct peer *p, enum side side)
{
    bool client = side == SIDE_CLIENT;
    struct session_event e;
    struct span data = client            ? bytes_span(&p->sent)
                       : p->conn != NULL ? conn_data(p->conn)
                                         : (struct span){0};
    if (data.len == 0) {
        return false;
    }
    switch (session_step(&p->session, side, data, &e)) {
    case SESSION_EVENT:
        if (!client) {
            on_server_event(p, &e);
        }
        if (client) {
            bytes_drop(&p->sent, e.unit.octets.len);
        } else {
            conn_drop(p->conn, e.unit.octets.len);
        }
        if (e.unit.truncated && !client && e.unit.octets.len >= UNIT_MAX) {
            flooded(p, "cut off: the server sent more than 1 MiB in one unit");
        }
        return true;
    case SESSION_DISCARD: {
        const struct frame *f = &p->session.frame[side];
        if (client) {
            memmove(p->sent.ptr + f->discard_pos, p->sent.ptr + f->discard_pos + f->discard,
                    p->sent.len - f->discard_pos - f->discard);
            p->sent.len -= f->discard;
        } else {
            conn_cut(p->conn, f->discard_pos, f->discard);
        }
        return true;
    }
    case SESSION_COMPRESS:
        if (!client) {
            return false;
        }
        conn_start_deflate(p->conn);
        session_compress_started(&p->session);
        return true;
    case SESSION_MORE:
    case SESSION_WAIT:
    case SESSION_TLS:
        break;
    }
    return false;
}

static void pump(struct peer *p)
{
    bool more = true;
    while (more) {
        more = false;
        while (side_step(p, SIDE_CLIENT)) {
            more = true;
        }
        /* After each event the client's side is asked again: it may have waited for that. */
        if (p->conn != NULL && side_step(p, SIDE_SERVER)) {
            more = true;
            if (p->queued > QUEUE_MAX || p->unasked > FLOOD_MAX) {
                flooded(p, "cut off: the server went on sending what nobody asked for");
            }
        }
    }
    if (p->conn != NULL && conn_is_full(p->conn)) {
        flooded(p, "cut off: the server sent more than 1 MiB in one unit");
    }
}

/* --- STARTTLS before the script ----------------------------------------------------------------
 */

static void closed(struct peer *p, const char *remark);

static void upgrade_fail(struct peer *p, const struct unit *u)
{
    struct span line = bytes_span(&u->octets);
    while (line.len > 0 && line.ptr[line.len - 1] <= ' ') {
        line.len--;
    }
    memory_free(p->error);
    p->error = memory_format("STARTTLS was refused: %.*s", (int)(line.len > 200 ? 200 : line.len),
                             (const char *)line.ptr);
    for (char *c = p->error; *c != '\0'; c++) {
        *c = *c < ' ' || *c == 127 ? '?' : *c;
    }
    p->failed = true;
    closed(p, p->error);
}

/* The reply is the good one at this point of the exchange. */
static bool upgrade_agrees(const struct peer *p, struct span reply)
{
    switch (p->config.protocol) {
    case PROTOCOL_POP3:
        return span_starts_nocase(reply, SPAN_LIT("+OK"));
    case PROTOCOL_IMAP:
        return span_starts_nocase(reply, p->upgrade == UPGRADE_GREETING ? SPAN_LIT("* OK")
                                                                        : SPAN_LIT("tls1 OK"));
    case PROTOCOL_SMTP:
    case PROTOCOL_SUBMISSION:
    case PROTOCOL_LMTP:
        break;
    }
    return span_starts_nocase(reply,
                              p->upgrade == UPGRADE_HELLO ? SPAN_LIT("250") : SPAN_LIT("220"));
}

static void upgrade_say(struct peer *p, const char *line, enum upgrade_state next)
{
    p->upgrade = next;
    peer_send(p, span_text(line), 0, 0, NULL);
}

static void upgrade_next(struct peer *p)
{
    bool mail = p->config.protocol != PROTOCOL_POP3 && p->config.protocol != PROTOCOL_IMAP;
    switch (p->upgrade) {
    case UPGRADE_GREETING:
        p->greeting = peer_detach(p);
        upgrade_say(p,
                    p->config.protocol == PROTOCOL_IMAP   ? "tls1 STARTTLS\r\n"
                    : p->config.protocol == PROTOCOL_POP3 ? "STLS\r\n"
                    : p->config.protocol == PROTOCOL_LMTP ? "LHLO postel.example.test\r\n"
                                                          : "EHLO postel.example.test\r\n",
                    mail ? UPGRADE_HELLO : UPGRADE_ASKED);
        break;
    case UPGRADE_HELLO:
        peer_take(p);
        upgrade_say(p, "STARTTLS\r\n", UPGRADE_ASKED);
        break;
    case UPGRADE_ASKED:
        peer_take(p);
        p->upgrade = UPGRADE_TLS;
        peer_start_tls(p);
        break;
    case UPGRADE_TLS:
    case UPGRADE_NOT:
        break;
    }
}

static void upgrade_step(struct peer *p)
{
    const struct unit *u = NULL;
    while (p->upgrade != UPGRADE_NOT && p->upgrade != UPGRADE_TLS && !p->eof &&
           (u = peer_unit(p)) != NULL) {
        struct span reply = bytes_span(&u->octets);
        if (upgrade_agrees(p, reply)) {
            upgrade_next(p);
        } else if (p->upgrade == UPGRADE_GREETING) {
            /* Too busy, or logged in already: the script shall see it. */
            p->upgrade = UPGRADE_NOT;
            p->ready = true;
        } else if (span_starts_nocase(reply, SPAN_LIT("* "))) {
            peer_take(p);
        } else {
            upgrade_fail(p, u);
        }
    }
}

/* --- the connection --------------------------------------------------------------------------- */

static void closed(struct peer *p, const char *remark)
{
    if (!p->eof) {
        p->eof = true;
        p->failed = p->failed || p->upgrade != UPGRADE_NOT;
        if (p->last != NULL && !p->last->complete) {
            p->last->complete = true;
        }
        if (p->conn != NULL) {
            session_end(&p->session, SIDE_SERVER, conn_data(p->conn));
        }
        note(p, '-', span_text(remark));
    }
}

static void on_event(void *context, struct conn *conn, enum conn_event event)
{
    struct peer *p = context;
    switch (event) {
    case CONN_CONNECTED:
        p->connected = true;
        if (p->config.url->tls) {
            conn_start_tls_client(conn, p->config.tls, p->config.url->sni, CONN_LEFTOVER_TLS);
        } else if (p->config.upgrade) {
            p->upgrade = UPGRADE_GREETING;
        } else {
            p->ready = true;
        }
        break;
    case CONN_TLS_READY: {
        struct tls_info info;
        char text[128];
        conn_tls_info(conn, &info);
        p->tls = true;
        (void)snprintf(text, sizeof text, "%s started, %s", info.version, info.cipher);
        note(p, '-', span_text(text));
        if (!p->config.url->tls) {
            bytes_drop(&p->sent, p->sent.len);
            session_tls_started(&p->session, true);
        }
        if (p->upgrade == UPGRADE_TLS) {
            p->upgrade = UPGRADE_NOT;
            peer_put_back(p, p->greeting);
            p->greeting = NULL;
        }
        p->ready = true;
        break;
    }
    case CONN_DATA:
        p->received = loop_now(p->config.loop);
        pump(p);
        upgrade_step(p);
        break;
    case CONN_EOF:
    case CONN_CLOSED:
        pump(p);
        closed(p, "the server closed the connection");
        break;
    case CONN_RESET:
        pump(p);
        p->reset = true;
        closed(p, "the server reset the connection");
        break;
    case CONN_ERROR:
        p->failed = !p->connected || !p->ready;
        p->tls_failed = conn_failure(conn) == CONN_FAILED_TLS;
        memory_free(p->error);
        p->error = memory_text(span_text(conn_error(conn)));
        closed(p, p->error);
        break;
    case CONN_DRAINED:
    case CONN_TIMEOUT:
        return;
    }
    p->config.news(p->config.context, p);
}

struct peer *peer_new(const struct peer_config *config)
{
    struct peer *p = memory_zero(1, sizeof *p);
    const struct url *url = config->url;
    p->config = *config;
    /* Not zeroed: most conversations touch little of it, and what is not touched costs nothing. */
    p->memory = memory_alloc(MEMORY_LEN);
    p->scratch = memory_alloc(SCRATCH_LEN);
    struct session_config session = {.protocol = config->protocol,
                                     .tls = url->tls,
                                     .unit_limit = UNIT_MAX,
                                     .memory = p->memory,
                                     .memory_len = MEMORY_LEN,
                                     .scratch = p->scratch,
                                     .scratch_len = SCRATCH_LEN,
                                     .finding = on_finding,
                                     .context = p};
    session_init(&p->session, &session);
    const char *argv[] = {"/bin/sh", "-c", url->command, NULL};
    struct conn_config conn = {.host = url->host,
                               .port = url->port,
                               .unix_path = url->path,
                               .argv = url->kind == URL_EXEC ? argv : NULL,
                               .bind_address = url->bind,
                               .ip_version = (int)url->ip,
                               .buffer_max = BUFFER_MAX,
                               .connect_timeout = config->connect_timeout,
                               .callback = on_event,
                               .context = p};
    p->conn = conn_new(config->loop, &conn);
    return p;
}

void peer_free(struct peer **peer)
{
    struct peer *p = *peer;
    if (p == NULL) {
        return;
    }
    while (p->units != NULL) {
        struct unit *next = p->units->next;
        unit_free(p->units);
        p->units = next;
    }
    if (p->greeting != NULL) {
        unit_free(p->greeting);
    }
    conn_free(&p->conn);
    bytes_fini(&p->sent);
    memory_free(p->memory);
    memory_free(p->scratch);
    memory_free(p->error);
    memory_free(p);
    *peer = NULL;
}

void peer_send(struct peer *p, struct span octets, size_t slice, uint64_t gap_ms, const char *shown)
{
    if (p->conn == NULL || octets.len == 0) {
        return;
    }
    if (shown != NULL) {
        note(p, 'C', span_text(shown));
    } else {
        for (size_t pos = 0; pos < octets.len;) {
            size_t end = pos;
            while (end < octets.len && octets.ptr[end] != '\n') {
                end++;
            }
            end += end < octets.len ? 1 : 0;
            note(p, 'C', span_sub(octets, pos, end - pos));
            pos = end;
        }
    }
    p->unasked = 0;
    bytes_add(&p->sent, octets);
    if (slice > 0) {
        conn_write_sliced(p->conn, octets, slice, gap_ms);
    } else {
        conn_write(p->conn, octets);
    }
    pump(p);
}

void peer_start_tls(struct peer *p)
{
    if (p->conn != NULL) {
        conn_start_tls_client(p->conn, p->config.tls, p->config.url->sni, CONN_LEFTOVER_TLS);
    }
}

struct unit *peer_unit(const struct peer *p)
{
    return p->units != NULL && p->units->complete ? p->units : NULL;
}

struct unit *peer_detach(struct peer *p)
{
    struct unit *u = p->units;
    p->units = u->next;
    if (p->units == NULL) {
        p->last = NULL;
    }
    size_t cost = unit_cost(u);
    p->queued -= cost < p->queued ? cost : p->queued;
    return u;
}

void peer_put_back(struct peer *p, struct unit *u)
{
    u->next = p->units;
    p->units = u;
    p->last = p->last == NULL ? u : p->last;
    p->queued += unit_cost(u);
}

void peer_take(struct peer *p)
{
    unit_free(peer_detach(p));
}

bool peer_has_rest(const struct peer *p)
{
    return (p->units != NULL && !p->units->complete) ||
           (p->conn != NULL && conn_data(p->conn).len > 0);
}
