/* SPDX-License-Identifier: MIT */
/* Two ends of TLS in memory; what the key log lets us read is what they said. */
#include "net/tls_decrypt.h"

#include <unistd.h>

#include "net/memory.h"
#include "net/tls.h"
#include "net/tls_ca.h"
#include "tests/support/table.h"

struct wire {
    struct tls *end[2];
    struct tls_decrypt *reader; /* NULL before the key log is there */
    struct buffer seen[2];      /* ciphertext of each sender */
};

/* Moves what one end wants to send to the other. */
static bool carry(struct wire *w, int from)
{
    uint8_t octets[4096];
    size_t len = 0;
    bool moved = false;
    while ((len = tls_pull(w->end[from], octets, sizeof octets)) > 0) {
        tls_feed(w->end[1 - from], (struct span){octets, len});
        buffer_append(&w->seen[from], (struct span){octets, len});
        moved = true;
    }
    return moved;
}

static void say(struct wire *w, int from, const char *text)
{
    uint8_t heard[256];
    size_t len = 0;
    assert_int_equal(tls_write(w->end[from], span_text(text)), TLS_OK);
    (void)carry(w, from);
    assert_int_equal(tls_read(w->end[1 - from], heard, sizeof heard, &len), TLS_OK);
    assert_int_equal(len, strlen(text));
}

static char *read_text(const char *file)
{
    char text[8192] = "";
    FILE *in = fopen(file, "r");
    assert_non_null(in);
    size_t len = fread(text, 1, sizeof text - 1, in);
    (void)fclose(in);
    return memory_text((struct span){(const uint8_t *)text, len});
}

/* Feeds what was seen of a sender in steps, and compares what it says. */
static void expect(struct wire *w, int from, size_t step, struct buffer *out, const char *text)
{
    struct span all = buffer_span(&w->seen[from]);
    for (size_t pos = 0; pos < all.len; pos += step) {
        assert_true(tls_decrypt_feed(w->reader, from == 0 ? TLS_CLIENT : TLS_SERVER,
                                     span_sub(all, pos, step), out));
    }
    buffer_fini(&w->seen[from]);
    assert_int_equal(buffer_span(out).len, strlen(text));
    assert_memory_equal(buffer_span(out).ptr == NULL ? (const uint8_t *)"" : buffer_span(out).ptr,
                        text, strlen(text));
    buffer_drop(out, buffer_span(out).len);
}

static void reads(enum tls_version version, size_t step)
{
    char file[] = "/tmp/postel-keylog-XXXXXX";
    int fd = mkstemp(file);
    assert_true(fd >= 0);
    (void)close(fd);
    const char *const names[] = {"localhost", NULL};
    struct tls_ca *ca = tls_ca_new("test");
    struct tls_leaf leaf;
    tls_ca_issue(ca, names, 1, &leaf);
    char *error = NULL;
    const struct tls_server_config server = {
        .cert_pem = leaf.cert_pem, .key_pem = leaf.key_pem, .min = version, .max = version};
    const struct tls_client_config client = {
        .verify = TLS_VERIFY_NO, .min = version, .max = version, .key_log_file = file};
    struct tls_context *server_context = tls_context_server(&server, &error);
    struct tls_context *client_context = tls_context_client(&client, &error);
    assert_non_null(server_context);
    assert_non_null(client_context);
    struct wire w = {.end = {tls_new(client_context, "localhost"), tls_new(server_context, NULL)}};
    for (int round = 0; round < 10; round++) {
        assert_int_not_equal(tls_handshake(w.end[0]), TLS_FAILED);
        (void)carry(&w, 0);
        assert_int_not_equal(tls_handshake(w.end[1]), TLS_FAILED);
        (void)carry(&w, 1);
    }
    assert_true(tls_is_ready(w.end[0]) && tls_is_ready(w.end[1]));
    char *keys = read_text(file);
    w.reader = tls_decrypt_new(span_text(keys));
    struct buffer out = {0};
    /* The client's hello, then the server's, then the rest of both. */
    struct span hello = buffer_span(&w.seen[0]);
    assert_true(hello.ptr != NULL && hello.len > 5);
    size_t hello_len = hello.ptr == NULL ? 0 : 5 + (size_t)hello.ptr[3] * 256 + hello.ptr[4];
    assert_true(tls_decrypt_feed(w.reader, TLS_CLIENT, span_sub(hello, 0, hello_len), &out));
    buffer_drop(&w.seen[0], hello_len);
    expect(&w, 1, step, &out, "");
    expect(&w, 0, step, &out, "");
    say(&w, 0, "EHLO inside\r\n");
    expect(&w, 0, step, &out, "EHLO inside\r\n");
    say(&w, 1, "250 inside\r\n");
    expect(&w, 1, step, &out, "250 inside\r\n");
    say(&w, 0, "QUIT\r\n");
    buffer_room(&w.seen[0], 1);
    w.seen[0].block[w.seen[0].start + w.seen[0].len - 1] ^= 1;
    assert_false(tls_decrypt_feed(w.reader, TLS_CLIENT, buffer_span(&w.seen[0]), &out));
    assert_string_equal(tls_decrypt_error(w.reader), "a TLS record does not fit the key log");
    buffer_fini(&w.seen[0]);
    buffer_fini(&w.seen[1]);
    buffer_fini(&out);
    tls_decrypt_free(&w.reader);
    tls_free(&w.end[0]);
    tls_free(&w.end[1]);
    tls_context_free(&server_context);
    tls_context_free(&client_context);
    tls_leaf_fini(&leaf);
    tls_ca_free(&ca);
    memory_free(keys);
    (void)unlink(file);
}

static void reads_tls_1_3(void **state)
{
    (void)state;
    reads(TLS_VERSION_1_3, 100000);
    reads(TLS_VERSION_1_3, 7);
}

static void reads_tls_1_2(void **state)
{
    (void)state;
    reads(TLS_VERSION_1_2, 100000);
    reads(TLS_VERSION_1_2, 7);
}

static void says_why_it_cannot(void **state)
{
    (void)state;
    struct tls_decrypt *reader = tls_decrypt_new(SPAN_LIT("nothing in it\n"));
    struct buffer out = {0};
    assert_false(tls_decrypt_feed(reader, TLS_CLIENT, SPAN_LIT("EHLO x\r\n"), &out));
    assert_string_equal(tls_decrypt_error(reader), "this is no TLS record");
    buffer_fini(&out);
    tls_decrypt_free(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_tls_1_3),
                                       cmocka_unit_test(reads_tls_1_2),
                                       cmocka_unit_test(says_why_it_cannot)};
    return cmocka_run_group_tests_name("net/tls_decrypt", tests, NULL, NULL);
}
