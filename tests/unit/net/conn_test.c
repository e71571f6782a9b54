/* SPDX-License-Identifier: MIT */
/* Connections over a loopback pair on a free port. */
#include "net/conn.h"
#include "net/listener.h"
#include "net/memory.h"
#include "net/tls_ca.h"
#include "tests/support/table.h"

enum { LIMIT_MS = 10000 };

struct end {
    struct conn *conn;
    uint32_t seen; /* bits of enum conn_event */
    unsigned data_events;
};

struct pair {
    struct loop *loop;
    struct listener *listener;
    struct end client;
    struct end server;
    struct loop_timer *limit;
    bool too_late;
};

static bool has_seen(const struct end *end, enum conn_event event)
{
    return (end->seen & 1U << event) != 0;
}

static void on_event(void *context, struct conn *conn, enum conn_event event)
{
    struct end *end = context;
    (void)conn;
    end->seen |= 1U << event;
    end->data_events += event == CONN_DATA;
}

static void on_accept(void *context, struct conn *conn)
{
    struct pair *pair = context;
    pair->server.conn = conn;
    conn_set_callback(conn, on_event, &pair->server);
}

static void on_limit(void *context)
{
    struct pair *pair = context;
    pair->too_late = true;
}

static void listen_and_connect(struct pair *pair, const struct conn_config *extra)
{
    char *error = NULL;
    *pair = (struct pair){.loop = loop_new()};
    struct listener_config config = {.accepted = on_accept, .context = pair};
    pair->listener = listener_new(pair->loop, &config, &error);
    assert_non_null(pair->listener);
    pair->limit = loop_timer_new(pair->loop, on_limit, pair);
    loop_timer_start(pair->limit, LIMIT_MS);
    struct conn_config client = extra == NULL ? (struct conn_config){0} : *extra;
    client.host = "127.0.0.1";
    client.port = listener_port(pair->listener);
    client.callback = on_event;
    client.context = &pair->client;
    pair->client.conn = conn_new(pair->loop, &client);
}

static void finish(struct pair *pair)
{
    loop_free(&pair->loop);
}

/* Steps until the condition holds. */
#define UNTIL(pair, condition)                                                                     \
    while (!(condition)) {                                                                         \
        assert_false((pair)->too_late);                                                            \
        (void)loop_step((pair)->loop);                                                             \
    }

static void connect_pair(struct pair *pair)
{
    listen_and_connect(pair, NULL);
    UNTIL(pair, has_seen(&pair->client, CONN_CONNECTED) && pair->server.conn != NULL);
}

static void assert_data(const struct conn *conn, const char *text)
{
    assert_int_equal(conn_data(conn).len, strlen(text));
    assert_memory_equal(conn_data(conn).ptr, text, strlen(text));
}

static void talks_both_ways(void **state)
{
    struct pair pair;
    (void)state;
    connect_pair(&pair);
    conn_write(pair.client.conn, SPAN_LIT("hello"));
    conn_write(pair.server.conn, SPAN_LIT("welcome"));
    UNTIL(&pair, conn_data(pair.server.conn).len == 5 && conn_data(pair.client.conn).len == 7);
    assert_data(pair.server.conn, "hello");
    assert_data(pair.client.conn, "welcome");
    conn_cut(pair.client.conn, 2, 4);
    assert_data(pair.client.conn, "wee");
    conn_drop(pair.client.conn, 1);
    assert_data(pair.client.conn, "ee");
    finish(&pair);
}

static void half_closes(void **state)
{
    struct pair pair;
    (void)state;
    connect_pair(&pair);
    conn_write(pair.client.conn, SPAN_LIT("last"));
    conn_shutdown(pair.client.conn);
    UNTIL(&pair, has_seen(&pair.server, CONN_EOF));
    assert_data(pair.server.conn, "last");
    assert_true(conn_is_eof_clean(pair.server.conn));
    conn_write(pair.server.conn, SPAN_LIT("still here"));
    conn_close(pair.server.conn);
    UNTIL(&pair, has_seen(&pair.client, CONN_EOF) && has_seen(&pair.server, CONN_CLOSED));
    assert_data(pair.client.conn, "still here");
    finish(&pair);
}

static void closes_without_losing_the_last_reply(void **state)
{
    struct pair pair;
    (void)state;
    connect_pair(&pair);
    conn_write(pair.client.conn, SPAN_LIT("octets that are never read"));
    conn_write(pair.server.conn, SPAN_LIT("bye"));
    conn_close(pair.server.conn);
    UNTIL(&pair, has_seen(&pair.client, CONN_EOF));
    assert_data(pair.client.conn, "bye");
    conn_close(pair.client.conn);
    UNTIL(&pair, has_seen(&pair.server, CONN_CLOSED) && has_seen(&pair.client, CONN_CLOSED));
    finish(&pair);
}

static void resets(void **state)
{
    struct pair pair;
    (void)state;
    connect_pair(&pair);
    conn_abort(pair.server.conn);
    UNTIL(&pair, has_seen(&pair.client, CONN_RESET));
    assert_false(has_seen(&pair.client, CONN_EOF));
    assert_true(has_seen(&pair.server, CONN_CLOSED));
    finish(&pair);
}

static void slices_with_gaps(void **state)
{
    struct pair pair;
    (void)state;
    connect_pair(&pair);
    uint64_t begin = loop_now(pair.loop);
    conn_write_sliced(pair.client.conn, SPAN_LIT("abcd"), 1, 20);
    conn_write(pair.client.conn, SPAN_LIT("e"));
    UNTIL(&pair, conn_data(pair.server.conn).len == 5);
    assert_data(pair.server.conn, "abcde");
    assert_true(loop_now(pair.loop) - begin >= 57);
    assert_in_range(pair.server.data_events, 4, 5);
    finish(&pair);
}

static void pauses_between_writes(void **state)
{
    struct pair pair;
    (void)state;
    connect_pair(&pair);
    uint64_t begin = loop_now(pair.loop);
    conn_write(pair.client.conn, SPAN_LIT("a"));
    conn_write_pause(pair.client.conn, 50);
    conn_write(pair.client.conn, SPAN_LIT("b"));
    UNTIL(&pair, conn_data(pair.server.conn).len == 2);
    assert_true(loop_now(pair.loop) - begin >= 49);
    assert_int_equal(pair.server.data_events, 2);
    finish(&pair);
}

static void tells_of_the_deadline_once(void **state)
{
    struct pair pair;
    (void)state;
    connect_pair(&pair);
    conn_set_deadline(pair.client.conn, 20);
    UNTIL(&pair, has_seen(&pair.client, CONN_TIMEOUT));
    conn_write(pair.client.conn, SPAN_LIT("goes on"));
    UNTIL(&pair, conn_data(pair.server.conn).len == 7);
    finish(&pair);
}

static void names_what_refused(void **state)
{
    struct pair pair;
    (void)state;
    connect_pair(&pair);
    uint16_t port = listener_port(pair.listener);
    listener_free(&pair.listener);
    struct end end = {0};
    struct conn_config config = {
        .host = "127.0.0.1", .port = port, .callback = on_event, .context = &end};
    end.conn = conn_new(pair.loop, &config);
    UNTIL(&pair, has_seen(&end, CONN_ERROR));
    assert_int_equal(conn_failure(end.conn), CONN_FAILED_CONNECT);
    char *wanted =
        memory_format("127.0.0.1 port %u: cannot connect: connection refused", (unsigned)port);
    assert_string_equal(conn_error(end.conn), wanted);
    memory_free(wanted);
    finish(&pair);
}

static void stops_at_a_full_buffer(void **state)
{
    struct pair pair;
    (void)state;
    connect_pair(&pair);
    enum { TOTAL = 300000, MAX = 1000 };
    conn_set_buffer_max(pair.server.conn, MAX);
    uint8_t *octets = memory_zero(TOTAL, 1);
    conn_write(pair.client.conn, (struct span){octets, TOTAL});
    memory_free(octets);
    size_t got = 0;
    while (got < TOTAL) {
        UNTIL(&pair, conn_data(pair.server.conn).len != 0);
        assert_true(conn_data(pair.server.conn).len <= MAX);
        got += conn_data(pair.server.conn).len;
        conn_drop(pair.server.conn, MAX);
    }
    assert_int_equal(got, TOTAL);
    finish(&pair);
}

/* --- a megabyte both ways, in each state of a connection ---------------------------------------
 */

static struct tls_context *server_context(struct tls_ca *ca, const char *name, int days)
{
    const char *const names[] = {name, NULL};
    struct tls_leaf leaf;
    char *error = NULL;
    tls_ca_issue(ca, names, days, &leaf);
    struct tls_server_config config = {.cert_pem = leaf.cert_pem, .key_pem = leaf.key_pem};
    struct tls_context *context = tls_context_server(&config, &error);
    assert_non_null(context);
    tls_leaf_fini(&leaf);
    return context;
}

static struct tls_context *client_context(struct tls_ca *ca, enum tls_verify verify,
                                          const char *pin)
{
    char *error = NULL;
    struct tls_client_config config = {.verify = verify, .pin = pin};
    if (ca != NULL) {
        assert_true(tls_ca_save(ca, POSTEL_BUILD "/conn_test_ca.pem", &error));
        config.ca_file = POSTEL_BUILD "/conn_test_ca.pem";
    }
    struct tls_context *context = tls_context_client(&config, &error);
    assert_non_null(context);
    return context;
}

static void start_tls(struct pair *pair, struct tls_context *server, struct tls_context *client,
                      const char *name)
{
    conn_start_tls_server(pair->server.conn, server, CONN_LEFTOVER_TLS);
    conn_start_tls_client(pair->client.conn, client, name, CONN_LEFTOVER_DROP);
}

static struct span pattern(uint8_t *octets, size_t len, uint32_t seed)
{
    for (size_t i = 0; i < len; i++) {
        seed = seed * 1664525U + 1013904223U;
        octets[i] = (uint8_t)(seed >> 24);
    }
    return (struct span){octets, len};
}

struct bulk_row {
    const char *name;
    bool tls;
    bool deflate;
    size_t slice;
    size_t buffer_max;
};

static const struct bulk_row bulk_rows[] = {
    {"plain", false, false, 0, 0},
    {"plain in slices", false, false, 1000, 0},
    {"tls", true, false, 0, 0},
    {"tls in slices", true, false, 5000, 0},
    {"tls with a small buffer", true, false, 0, 3000},
    {"deflate", false, true, 0, 0},
    {"deflate with a small buffer", false, true, 0, 3000},
    {"tls and deflate with a small buffer", true, true, 0, 3000},
};

static size_t check_bulk(struct end *end, const uint8_t *wanted, size_t got)
{
    struct span data = conn_data(end->conn);
    assert_memory_equal(data.ptr, wanted + got, data.len);
    conn_drop(end->conn, data.len);
    return got + data.len;
}

static void moves_a_megabyte_both_ways(void **state)
{
    const struct bulk_row *row = *state;
    enum { LEN = 1024 * 1024 };
    struct pair pair;
    connect_pair(&pair);
    struct tls_ca *ca = tls_ca_new("Test CA");
    struct tls_context *server = server_context(ca, "localhost", 1);
    struct tls_context *client = client_context(ca, TLS_VERIFY_FULL, NULL);
    conn_set_buffer_max(pair.server.conn, row->buffer_max);
    conn_set_buffer_max(pair.client.conn, row->buffer_max);
    if (row->tls) {
        start_tls(&pair, server, client, "localhost");
    }
    if (row->deflate) {
        conn_start_deflate(pair.server.conn);
        conn_start_deflate(pair.client.conn);
    }
    uint8_t *up = memory_alloc(LEN);
    uint8_t *down = memory_alloc(LEN);
    conn_write_sliced(pair.client.conn, pattern(up, LEN, 1), row->slice, 0);
    conn_write_sliced(pair.server.conn, pattern(down, LEN, 2), row->slice, 0);
    size_t got_up = 0;
    size_t got_down = 0;
    while (got_up < LEN || got_down < LEN) {
        assert_false(pair.too_late);
        (void)loop_step(pair.loop);
        assert_false(has_seen(&pair.client, CONN_ERROR));
        got_up = check_bulk(&pair.server, up, got_up);
        got_down = check_bulk(&pair.client, down, got_down);
    }
    conn_close(pair.client.conn);
    UNTIL(&pair, has_seen(&pair.server, CONN_EOF));
    assert_true(conn_is_eof_clean(pair.server.conn));
    conn_close(pair.server.conn);
    UNTIL(&pair, has_seen(&pair.server, CONN_CLOSED) && has_seen(&pair.client, CONN_CLOSED));
    assert_int_equal(conn_received(pair.server.conn), LEN);
    assert_int_equal(conn_sent(pair.server.conn), LEN);
    finish(&pair);
    memory_free(up);
    memory_free(down);
    tls_context_free(&server);
    tls_context_free(&client);
    tls_ca_free(&ca);
}

/* --- certificates ------------------------------------------------------------------------------
 */

struct cert_row {
    const char *name;
    enum tls_verify verify;
    bool knows_ca;
    bool pinned;           /* the right pin; false: another */
    const char *cert_name; /* that the server shows */
    int days;
    const char *error; /* NULL: accepted */
};

static const struct cert_row cert_rows[] = {
    {"full: right", TLS_VERIFY_FULL, true, false, "localhost", 1, NULL},
    {"full: wrong name", TLS_VERIFY_FULL, true, false, "other.example", 1,
     "the certificate is refused: hostname mismatch"},
    {"full: unknown authority", TLS_VERIFY_FULL, false, false, "localhost", 1,
     "the certificate is refused: self-signed certificate in certificate chain"},
    {"full: expired", TLS_VERIFY_FULL, true, false, "localhost", -1,
     "the certificate is refused: certificate has expired"},
    {"ca: wrong name is accepted", TLS_VERIFY_CA, true, false, "other.example", 1, NULL},
    {"ca: unknown authority", TLS_VERIFY_CA, false, false, "localhost", 1,
     "the certificate is refused: self-signed certificate in certificate chain"},
    {"pin: right", TLS_VERIFY_PIN, false, true, "other.example", 1, NULL},
    {"pin: wrong", TLS_VERIFY_PIN, true, false, "localhost", 1,
     "the certificate is refused: neither it nor its key is the pinned one"},
    {"no: anything is accepted", TLS_VERIFY_NO, false, false, "other.example", -1, NULL},
};

/* The key digest of the server's certificate, seen through a connection that accepts all. */
static void learn_pin(struct tls_context *server, char pin[65])
{
    struct pair pair;
    struct tls_context *client = client_context(NULL, TLS_VERIFY_NO, NULL);
    connect_pair(&pair);
    start_tls(&pair, server, client, NULL);
    UNTIL(&pair, has_seen(&pair.client, CONN_TLS_READY));
    struct tls_info info;
    conn_tls_info(pair.client.conn, &info);
    memcpy(pin, info.peer_key_sha256, 65);
    finish(&pair);
    tls_context_free(&client);
}

static void judges_the_certificate(void **state)
{
    const struct cert_row *row = *state;
    struct pair pair;
    char pin[65] = "";
    struct tls_ca *ca = tls_ca_new("Test CA");
    struct tls_context *server = server_context(ca, row->cert_name, row->days);
    learn_pin(server, pin);
    if (!row->pinned) {
        pin[0] = pin[0] == '0' ? '1' : '0';
    }
    struct tls_context *client = client_context(row->knows_ca ? ca : NULL, row->verify, pin);
    connect_pair(&pair);
    start_tls(&pair, server, client, "localhost");
    UNTIL(&pair, has_seen(&pair.client, CONN_TLS_READY) || has_seen(&pair.client, CONN_ERROR));
    assert_int_equal(has_seen(&pair.client, CONN_ERROR), row->error != NULL);
    if (row->error != NULL) {
        assert_int_equal(conn_failure(pair.client.conn), CONN_FAILED_TLS);
        assert_non_null(strstr(conn_error(pair.client.conn), row->error));
    } else {
        struct tls_info info;
        conn_tls_info(pair.client.conn, &info);
        assert_string_equal(info.version, "TLSv1.3");
        assert_string_equal(info.peer_names, row->cert_name);
        UNTIL(&pair, has_seen(&pair.server, CONN_TLS_READY));
        uint8_t ours[32];
        uint8_t theirs[32];
        assert_int_equal(tls_exporter(conn_tls(pair.client.conn), ours, sizeof ours), 32);
        assert_int_equal(tls_exporter(conn_tls(pair.server.conn), theirs, sizeof theirs), 32);
        assert_memory_equal(ours, theirs, 32);
    }
    finish(&pair);
    tls_context_free(&server);
    tls_context_free(&client);
    tls_ca_free(&ca);
}

/* --- plain octets before TLS -------------------------------------------------------------------
 */

struct leftover_row {
    const char *name;
    enum conn_leftover leftover;
    const char *seen; /* after the handshake; NULL: it fails */
};

static const struct leftover_row leftover_rows[] = {
    {"dropped", CONN_LEFTOVER_DROP, "inside"},
    {"kept", CONN_LEFTOVER_KEEP, "NOOP\r\ninside"},
    {"given to TLS", CONN_LEFTOVER_TLS, NULL},
};

static void handles_plain_octets_before_tls(void **state)
{
    const struct leftover_row *row = *state;
    struct pair pair;
    struct tls_ca *ca = tls_ca_new("Test CA");
    struct tls_context *server = server_context(ca, "localhost", 1);
    struct tls_context *client = client_context(ca, TLS_VERIFY_FULL, NULL);
    connect_pair(&pair);
    conn_write(pair.client.conn, SPAN_LIT("STARTTLS\r\nNOOP\r\n"));
    UNTIL(&pair, conn_data(pair.server.conn).len == 16);
    conn_drop(pair.server.conn, 10);
    conn_write(pair.server.conn, SPAN_LIT("220 go\r\n"));
    conn_start_tls_server(pair.server.conn, server, row->leftover);
    UNTIL(&pair, conn_data(pair.client.conn).len == 8 || has_seen(&pair.client, CONN_EOF) ||
                     has_seen(&pair.client, CONN_RESET));
    if (row->seen == NULL) {
        UNTIL(&pair, has_seen(&pair.server, CONN_ERROR));
        assert_int_equal(conn_failure(pair.server.conn), CONN_FAILED_TLS);
    } else {
        assert_data(pair.client.conn, "220 go\r\n");
        conn_drop(pair.client.conn, 8);
        conn_start_tls_client(pair.client.conn, client, "localhost", CONN_LEFTOVER_DROP);
        conn_write(pair.client.conn, SPAN_LIT("inside"));
        UNTIL(&pair, conn_data(pair.server.conn).len == strlen(row->seen));
        assert_data(pair.server.conn, row->seen);
    }
    finish(&pair);
    tls_context_free(&server);
    tls_context_free(&client);
    tls_ca_free(&ca);
}

static void talks_to_a_program(void **state)
{
    (void)state;
    struct pair pair;
    connect_pair(&pair);
    struct end end = {0};
    const char *const argv[] = {"/bin/cat", NULL};
    struct conn_config config = {.argv = argv, .callback = on_event, .context = &end};
    end.conn = conn_new(pair.loop, &config);
    conn_write(end.conn, SPAN_LIT("echo"));
    conn_shutdown(end.conn);
    UNTIL(&pair, has_seen(&end, CONN_EOF));
    assert_data(end.conn, "echo");
    conn_free(&end.conn);
    const char *const nothing[] = {"/nonexistent/program", NULL};
    struct end missing = {0};
    config.argv = nothing;
    config.context = &missing;
    missing.conn = conn_new(pair.loop, &config);
    UNTIL(&pair, has_seen(&missing, CONN_ERROR));
    assert_string_equal(conn_error(missing.conn),
                        "/nonexistent/program: cannot start the program: no such file or "
                        "directory");
    finish(&pair);
}

static void talks_over_a_unix_socket(void **state)
{
    (void)state;
    struct pair pair = {.loop = loop_new()};
    char *error = NULL;
    struct listener_config config = {
        .unix_path = POSTEL_BUILD "/conn_test.sock", .accepted = on_accept, .context = &pair};
    pair.listener = listener_new(pair.loop, &config, &error);
    assert_non_null(pair.listener);
    assert_null(listener_new(pair.loop, &config, &error));
    assert_string_equal(error,
                        "cannot listen on " POSTEL_BUILD "/conn_test.sock: address already in use");
    memory_free(error);
    pair.limit = loop_timer_new(pair.loop, on_limit, &pair);
    loop_timer_start(pair.limit, LIMIT_MS);
    struct conn_config client = {
        .unix_path = POSTEL_BUILD "/conn_test.sock", .callback = on_event, .context = &pair.client};
    pair.client.conn = conn_new(pair.loop, &client);
    conn_write(pair.client.conn, SPAN_LIT("hello"));
    UNTIL(&pair, pair.server.conn != NULL && conn_data(pair.server.conn).len == 5);
    assert_data(pair.server.conn, "hello");
    conn_abort(pair.server.conn);
    UNTIL(&pair, has_seen(&pair.client, CONN_EOF) || has_seen(&pair.client, CONN_RESET));
    finish(&pair);
}

static void drains_to_the_low_water_mark(void **state)
{
    (void)state;
    struct pair pair;
    struct conn_config extra = {.low_water = 1000};
    listen_and_connect(&pair, &extra);
    UNTIL(&pair, pair.server.conn != NULL);
    enum { LEN = 8 * 1024 * 1024 };
    uint8_t *octets = memory_zero(LEN, 1);
    conn_pause(pair.server.conn);
    conn_write(pair.client.conn, (struct span){octets, LEN});
    memory_free(octets);
    for (int i = 0; i < 20; i++) {
        loop_timer_start(pair.limit, 5);
        pair.too_late = false;
        (void)loop_step(pair.loop);
    }
    assert_false(has_seen(&pair.client, CONN_DRAINED));
    assert_true(conn_pending(pair.client.conn) > 1000);
    loop_timer_start(pair.limit, LIMIT_MS);
    pair.too_late = false;
    conn_resume(pair.server.conn);
    UNTIL(&pair, has_seen(&pair.client, CONN_DRAINED));
    assert_true(conn_pending(pair.client.conn) <= 1000);
    finish(&pair);
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX] = {
        cmocka_unit_test(talks_both_ways),
        cmocka_unit_test(half_closes),
        cmocka_unit_test(closes_without_losing_the_last_reply),
        cmocka_unit_test(resets),
        cmocka_unit_test(slices_with_gaps),
        cmocka_unit_test(pauses_between_writes),
        cmocka_unit_test(tells_of_the_deadline_once),
        cmocka_unit_test(names_what_refused),
        cmocka_unit_test(stops_at_a_full_buffer),
        cmocka_unit_test(talks_to_a_program),
        cmocka_unit_test(drains_to_the_low_water_mark),
        cmocka_unit_test(talks_over_a_unix_socket),
    };
    size_t count = 12;
    count = TABLE_ADD(tests, count, bulk_rows, moves_a_megabyte_both_ways);
    count = TABLE_ADD(tests, count, cert_rows, judges_the_certificate);
    count = TABLE_ADD(tests, count, leftover_rows, handles_plain_octets_before_tls);
    return table_run("net/conn", tests, count);
}
