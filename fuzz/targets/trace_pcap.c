/* SPDX-License-Identifier: MIT */
/* The reader of captures: whatever the file, what comes out is conversations whose pieces follow
   one another without gap or overlap on each side, holes lie inside them, reading the same file
   again gives the same octets, and judging comes to an end. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/judge.h"
#include "trace/pcap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_conversation(struct conversation *c)
{
    uint64_t off[2] = {0, 0};
    for (size_t i = 0; i < c->piece_count; i++) {
        const struct piece *piece = &c->pieces[i];
        assert(piece->off == off[piece->side]);
        off[piece->side] += piece->len;
    }
    for (int side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        const struct stream *s = &c->stream[side];
        assert(off[side] == s->len);
        for (size_t i = 0; i < s->hole_count; i++) {
            assert(s->holes[i].off + s->holes[i].len <= s->len);
        }
    }
    if (conversation_guess_protocol(c)) {
        struct judge_sums sums = {0};
        judge_conversation(c, &sums, NULL, NULL);
        assert(sums.octets <= off[SIDE_CLIENT] + off[SIDE_SERVER]);
    }
}

static bool is_same(const struct conversation *a, const struct conversation *b)
{
    for (int side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        if (!span_equal((struct span){a->stream[side].octets, a->stream[side].len},
                        (struct span){b->stream[side].octets, b->stream[side].len})) {
            return false;
        }
    }
    return a->piece_count == b->piece_count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span capture = {data, size};
    if (!pcap_is_capture(capture)) {
        return 0;
    }
    struct recording first;
    struct recording second;
    struct input_error error = {0};
    recording_init(&first, "fuzz");
    recording_init(&second, "fuzz");
    bool ok = pcap_read(&first, "fuzz", capture, (struct span){0}, &error);
    assert(pcap_read(&second, "fuzz", capture, (struct span){0}, &error) == ok);
    assert(first.count == second.count);
    for (size_t i = 0; i < first.count; i++) {
        assert(is_same(&first.conversations[i], &second.conversations[i]));
        check_conversation(&first.conversations[i]);
    }
    recording_fini(&first);
    recording_fini(&second);
    return 0;
}
