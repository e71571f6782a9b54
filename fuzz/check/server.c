/* SPDX-License-Identifier: MIT */
#include "fuzz/check/server.h"

#include <stdio.h>
#include <stdlib.h>

#include "fuzz/check/check.h"
#include "net/buffer.h"
#include "server/service.h"

enum {
    CONNECTIONS = 4,
    INPUT_MAX = 4096,
    JUDGE_MEMORY = 1024 * 1024,
    JUDGE_SCRATCH = 1024 * 1024,
    OPTION_TLS = 4,
    OPTION_OFFER = 8,
    OPTION_OCTETS = 16,
    OPTION_LATE = 32,
};

struct connection {
    bool opened;             /* at its first record: a greeting that nobody waits for costs time */
    struct service *service; /* NULL: closed, or not opened */
    struct session session;
    struct buffer sent[2]; /* by side: what the judge has not consumed */
    struct buffer pending; /* what the server has not taken */
    bool woken;
    bool tls_judged; /* the judge says that TLS begins */
    bool adrift;     /* the judge and the server may not stand at the same octet: a line ended in LF
                        alone, which some servers take as an end and ours does not, or the judge
                        has read what the server threw away when TLS began */
};

static uint8_t memory[CONNECTIONS][JUDGE_MEMORY];
static uint8_t scratch[CONNECTIONS][JUDGE_SCRATCH];

static void print_octets(struct span octets)
{
    for (size_t i = 0; i < octets.len && i < 500; i++) {
        (void)fprintf(stderr, octets.ptr[i] < ' ' || octets.ptr[i] > '~' ? "\\x%02x" : "%c",
                      octets.ptr[i]);
    }
}

static void on_finding(void *context, const struct finding *finding)
{
    struct connection *c = context;
    const struct rule_info *rule = rule_info(finding->rule);
    bool sure = !finding->consequence && !c->adrift;
    if (finding->side == SIDE_SERVER && sure && level_is_must(rule->level)) {
        (void)fprintf(stderr, "the server breaks %s: %s: ", rule->name, finding->text);
        print_octets(finding->unit);
        (void)fputc('\n', stderr);
        abort();
    }
}

static void on_wake(void *context)
{
    ((struct connection *)context)->woken = true;
}

static bool step(struct connection *c, enum side side)
{
    struct session_event event;
    c->adrift = c->adrift || c->session.unsure;
    switch (session_step(&c->session, side, buffer_span(&c->sent[side]), &event)) {
    case SESSION_EVENT:
        buffer_drop(&c->sent[side], event.unit.octets.len);
        return true;
    case SESSION_DISCARD:
        buffer_cut(&c->sent[side], c->session.frame[side].discard_pos,
                   c->session.frame[side].discard);
        return true;
    case SESSION_TLS:
        c->tls_judged = true;
        return false;
    case SESSION_COMPRESS:
        session_compress_started(&c->session);
        return true;
    case SESSION_MORE:
    case SESSION_WAIT:
        break;
    }
    return false;
}

/* The judge does not know for sure what the replies answer. */
static bool is_unsure(const struct connection *c)
{
    return c->session.lost || c->session.unsure || c->adrift;
}

/* The judge hears what the server has said; what the client said came before it. */
static void hear(struct connection *c)
{
    buffer_append(&c->sent[SIDE_SERVER], buffer_span(&c->service->out));
    buffer_drop(&c->service->out, c->service->out.len);
    while (step(c, SIDE_CLIENT) || step(c, SIDE_SERVER)) {
    }
}

/* One side ends the connection. */
static void close_connection(struct connection *c, enum side side)
{
    session_end(&c->session, side, buffer_span(&c->sent[side]));
    service_free(&c->service);
    buffer_fini(&c->sent[SIDE_CLIENT]);
    buffer_fini(&c->sent[SIDE_SERVER]);
    buffer_fini(&c->pending);
}

/* What the caller of a service does; octets in the clear behind STARTTLS are forgotten. */
static void do_next(struct connection *c)
{
    switch (c->service->next) {
    case SERVICE_READ:
        return;
    case SERVICE_TLS:
        c->adrift = c->adrift || c->pending.len != c->sent[SIDE_CLIENT].len;
        CHECK(c->tls_judged || is_unsure(c), "the judge knows nothing of TLS");
        buffer_drop(&c->pending, c->pending.len);
        buffer_drop(&c->sent[SIDE_CLIENT], c->sent[SIDE_CLIENT].len);
        session_tls_started(&c->session, true);
        c->tls_judged = false;
        service_tls_started(c->service);
        hear(c);
        return;
    case SERVICE_DEFLATE:
        c->service->next = SERVICE_READ;
        return;
    case SERVICE_CLOSE:
    case SERVICE_DROP:
        break;
    }
    close_connection(c, SIDE_SERVER);
}

static void say(struct connection *c, struct span octets)
{
    buffer_append(&c->pending, octets);
    buffer_append(&c->sent[SIDE_CLIENT], octets);
    hear(c);
    for (size_t taken = 1; taken != 0 && c->service != NULL;) {
        taken = service_feed(c->service, buffer_span(&c->pending));
        buffer_drop(&c->pending, taken);
        hear(c);
        CHECK(!c->tls_judged || c->service->next == SERVICE_TLS || is_unsure(c),
              "the server knows nothing of TLS");
        do_next(c);
    }
    CHECK(c->service == NULL || is_unsure(c) || !session_owes(&c->session),
          "the server owes an answer");
}

static void open_connection(struct connection *c, size_t index, const struct service_config *config,
                            enum protocol protocol, bool tls)
{
    const struct session_config judge = {.protocol = protocol,
                                         .tls = tls,
                                         .memory = memory[index],
                                         .memory_len = JUDGE_MEMORY,
                                         .scratch = scratch[index],
                                         .scratch_len = JUDGE_SCRATCH,
                                         .finding = on_finding,
                                         .context = c};
    c->opened = true;
    c->woken = false;
    c->tls_judged = false;
    c->adrift = false;
    c->service = service_new(config, protocol, tls);
    c->service->wake = on_wake;
    c->service->wake_context = c;
    session_init(&c->session, &judge);
    hear(c);
    do_next(c);
}

static void tell_changes(struct connection *connections)
{
    for (size_t i = 0; i < CONNECTIONS; i++) {
        struct connection *c = &connections[i];
        if (c->service != NULL && c->woken) {
            c->woken = false;
            service_changed(c->service);
            hear(c);
            do_next(c);
        }
    }
}

static struct store *make_store(void)
{
    static const char *const messages[] = {
        "From: A <a@b.example>\r\nTo: g: c@d.example;\r\nSubject: =?utf-8?q?=C3=BC?=\r\n\r\n.x\r\n",
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\n"
        "Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\n\303\274\r\n--b--\r\n",
    };
    const struct store_config config = {.message_octets_max = 2048,
                                        .user_octets_max = 16384,
                                        .mailbox_messages_max = 24,
                                        .user_mailboxes_max = 40};
    struct store *store = store_new(&config);
    struct user *alice = store_add_user(store, "a", "p");
    (void)store_add_user(store, "b", "p");
    for (size_t i = 0; i < 2; i++) {
        const struct message_source source = {.octets = span_text(messages[i])};
        CHECK(mailbox_append(user_inbox(alice), &source, NULL) == STORE_OK, "no room");
    }
    return store;
}

static void converse(struct connection *connections, const struct service_config *config,
                     const enum protocol protocols[4], uint8_t options, struct span data)
{
    while (data.len != 0) {
        size_t index = data.ptr[0] >> 6;
        struct connection *c = &connections[index];
        size_t len = data.ptr[0] & 63;
        data = span_from(data, 1);
        if (len == 0 && data.len != 0) {
            const uint8_t *end = memchr(data.ptr, '\n', data.len);
            len = end == NULL ? data.len : (size_t)(end - data.ptr) + 1;
        }
        struct span piece = span_sub(data, 0, len);
        data = span_from(data, piece.len);
        if ((options & OPTION_LATE) != 0) {
            tell_changes(connections);
        }
        if (!c->opened) {
            open_connection(c, index, config, protocols[((options & 3U) + index) % 4],
                            (options & OPTION_TLS) != 0);
        }
        while (piece.len != 0 && c->service != NULL) {
            struct span part = span_sub(piece, 0, (options & OPTION_OCTETS) != 0 ? 1 : piece.len);
            say(c, part);
            piece = span_from(piece, part.len);
        }
        if ((options & OPTION_LATE) == 0) {
            tell_changes(connections);
        }
    }
    tell_changes(connections);
}

void check_server(const enum protocol protocols[4], struct span data)
{
    if (data.len == 0 || data.len > INPUT_MAX) {
        return;
    }
    static struct connection connections[CONNECTIONS];
    struct store *store = make_store();
    uint8_t options = data.ptr[0];
    const struct service_config config = {
        .store = store, .tls_offered = (options & OPTION_OFFER) != 0, .recipients_max = 4};
    for (size_t i = 0; i < CONNECTIONS; i++) {
        connections[i].opened = false;
    }
    converse(connections, &config, protocols, options, span_from(data, 1));
    check_store(store, false);
    for (size_t i = 0; i < CONNECTIONS; i++) {
        if (connections[i].service != NULL) {
            close_connection(&connections[i], SIDE_CLIENT);
        }
    }
    check_store(store, true);
    store_free(&store);
}
