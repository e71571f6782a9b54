/* SPDX-License-Identifier: MIT */
/* Reassembly: whatever the order, repetition and overlap of the segments, the octets are the same;
   what is missing is a hole of the right length. */
#include "trace/tcp.h"

#include "net/memory.h"
#include "tests/support/table.h"

struct part {
    bool server;
    uint32_t seq; /* behind the initial one; 0: SYN */
    const char *octets;
    uint32_t ack; /* of the other side, behind its initial one; 0: none */
};

enum { PARTS = 8 };

struct row {
    const char *name;
    struct part parts[PARTS];
    const char *client;
    const char *server;
    size_t holes;
};

static const struct row rows[] = {
    {"in order",
     {{false, 0, "", 0}, {true, 0, "", 0}, {false, 1, "abc", 0}, {false, 4, "de", 0}},
     "abcde",
     "",
     0},
    {"both sides",
     {{false, 0, "", 0},
      {true, 0, "", 0},
      {true, 1, "hi", 0},
      {false, 1, "yo", 0},
      {true, 3, "!", 0}},
     "yo",
     "hi!",
     0},
    {"reordered",
     {{false, 0, "", 0}, {false, 4, "de", 0}, {false, 6, "f", 0}, {false, 1, "abc", 0}},
     "abcdef",
     "",
     0},
    {"retransmitted",
     {{false, 0, "", 0}, {false, 1, "abc", 0}, {false, 1, "abc", 0}, {false, 4, "de", 0}},
     "abcde",
     "",
     0},
    {"overlapping",
     {{false, 0, "", 0}, {false, 1, "abc", 0}, {false, 2, "bcde", 0}, {false, 1, "abcdef", 0}},
     "abcdef",
     "",
     0},
    {"reordered and overlapping",
     {{false, 0, "", 0}, {false, 3, "cde", 0}, {false, 2, "bcd", 0}, {false, 1, "ab", 0}},
     "abcde",
     "",
     0},
    {"a segment is missing",
     {{false, 0, "", 0}, {false, 1, "ab", 0}, {false, 5, "ef", 0}},
     "ab??ef",
     "",
     1},
    {"a segment is late, though it was acknowledged",
     {{false, 0, "", 0},
      {true, 0, "", 0},
      {false, 1, "ab", 0},
      {true, 1, "x", 5},
      {false, 5, "ef", 0},
      {false, 3, "cd", 0}},
     "abcdef",
     "x",
     0},
    {"what was acknowledged is missing before the answer",
     {{false, 0, "", 0},
      {true, 0, "", 0},
      {false, 1, "ab", 0},
      {true, 1, "x", 6},
      {false, 6, "f", 0}},
     "ab???f",
     "x",
     1},
    {"the first segment is missing",
     {{false, 0, "", 0}, {true, 0, "", 0}, {false, 1, "ab", 4}, {true, 4, "x", 0}},
     "ab",
     "???x",
     1},
    {"the last segment is missing",
     {{false, 0, "", 0}, {true, 0, "", 0}, {false, 1, "ab", 0}, {true, 1, "x", 5}},
     "ab??",
     "x",
     1},
    {"the end of a connection is no octet",
     {{false, 0, "", 0}, {true, 0, "", 0}, {false, 1, "ab", 0}, {true, 1, "x", 4}},
     "ab",
     "x",
     0},
    {"begins in the middle",
     {{false, 100, "abc", 0}, {false, 103, "d", 0}, {true, 7, "x", 0}},
     "abcd",
     "x",
     0},
};

static void check(void **state)
{
    const struct row *row = *state;
    struct tcp_table table = {0};
    const struct tcp_end client = {.address = {10, 0, 0, 1}, .port = 40000};
    const struct tcp_end server = {.address = {10, 0, 0, 2}, .port = 143};
    uint64_t number = 0;
    for (size_t i = 0; i < PARTS && row->parts[i].octets != NULL; i++) {
        const struct part *part = &row->parts[i];
        const struct tcp_segment segment = {.from = part->server ? server : client,
                                            .to = part->server ? client : server,
                                            .seq = 0xFFFFFFFE + part->seq,
                                            .syn = part->seq == 0,
                                            .ack_seq = 0xFFFFFFFE + part->ack,
                                            .ack = part->seq == 0 ? part->server : part->ack > 0,
                                            .payload = span_text(part->octets),
                                            .number = ++number};
        tcp_take(&table, &segment);
    }
    struct recording recording;
    recording_init(&recording, "x");
    tcp_finish(&table, &recording);
    assert_int_equal(recording.count, 1);
    struct conversation *c = &recording.conversations[0];
    for (int side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        struct stream *s = &c->stream[side];
        for (size_t i = 0; i < s->hole_count; i++) {
            memset(s->octets + s->holes[i].off, '?', s->holes[i].len);
        }
    }
    assert_int_equal(c->stream[SIDE_CLIENT].hole_count + c->stream[SIDE_SERVER].hole_count,
                     row->holes);
    assert_int_equal(c->stream[SIDE_CLIENT].len, strlen(row->client));
    assert_memory_equal(c->stream[SIDE_CLIENT].octets == NULL ? (const uint8_t *)""
                                                              : c->stream[SIDE_CLIENT].octets,
                        row->client, strlen(row->client));
    assert_int_equal(c->stream[SIDE_SERVER].len, strlen(row->server));
    assert_memory_equal(c->stream[SIDE_SERVER].octets == NULL ? (const uint8_t *)""
                                                              : c->stream[SIDE_SERVER].octets,
                        row->server, strlen(row->server));
    recording_fini(&recording);
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    return table_run("trace/tcp", tests, TABLE_ADD(tests, 0, rows, check));
}
