/* SPDX-License-Identifier: MIT */
/* The reader of captures: whatever the file, what comes out is conversations whose pieces follow
   one another without gap or overlap on each side, holes lie inside them, reading the same file
   again gives the same octets, and judging comes to an end. */
#include "fuzz/check/check.h"
#include "fuzz/check/tree.h"
#include "trace/judge.h"
#include "trace/pcap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_conversation(struct conversation *c)
{
    check_pieces(c, false);
    if (conversation_guess_protocol(c)) {
        static struct judge *judge;
        struct judge_sums sums = {0};
        judge = judge == NULL ? judge_new(NULL, NULL) : judge;
        judge_conversation(judge, c, &sums);
        CHECK(sums.octets <= c->stream[SIDE_CLIENT].len + c->stream[SIDE_SERVER].len,
              "more octets are judged than there are");
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
    CHECK(pcap_read(&second, "fuzz", capture, (struct span){0}, &error) == ok &&
              first.count == second.count,
          "a capture is read otherwise when it is read again");
    for (size_t i = 0; i < first.count; i++) {
        CHECK(is_same(&first.conversations[i], &second.conversations[i]),
              "a conversation is another one when it is read again");
        check_conversation(&first.conversations[i]);
    }
    recording_fini(&first);
    recording_fini(&second);
    return 0;
}
