/* SPDX-License-Identifier: MIT */
/* The readers of logs: whatever the text, the pieces of a conversation follow one another without
   gap or overlap on each side, lines ascend, and judging comes to an end. The first octet chooses
   the format; 255: as its content tells. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/judge.h"
#include "trace/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_conversation(struct conversation *c)
{
    uint64_t off[2] = {0, 0};
    uint64_t line = 0;
    for (size_t i = 0; i < c->piece_count; i++) {
        const struct piece *piece = &c->pieces[i];
        assert(piece->off == off[piece->side]);
        assert(piece->line >= line);
        off[piece->side] += piece->len;
        line = piece->line;
    }
    assert(off[SIDE_CLIENT] == c->stream[SIDE_CLIENT].len);
    assert(off[SIDE_SERVER] == c->stream[SIDE_SERVER].len);
    for (int side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        const struct stream *s = &c->stream[side];
        uint64_t end = 0;
        for (size_t i = 0; i < s->hole_count; i++) {
            assert(s->holes[i].off >= end);
            end = s->holes[i].off + s->holes[i].len;
            assert(end <= s->len);
        }
    }
    if (conversation_guess_protocol(c)) {
        struct judge_sums sums = {0};
        judge_conversation(c, &sums, NULL, NULL);
        assert(sums.octets <= off[SIDE_CLIENT] + off[SIDE_SERVER]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct span text = {data + 1, size - 1};
    size_t count = 0;
    while (log_formats[count].name != NULL) {
        count++;
    }
    assert(count > 0);
    const struct log_format *format =
        data[0] == 255 ? log_format_guess(text) : &log_formats[data[0] % count];
    if (format == NULL) {
        return 0;
    }
    struct recording recording;
    recording_init(&recording, "fuzz");
    log_read(&recording, format, text);
    for (size_t i = 0; i < recording.count; i++) {
        check_conversation(&recording.conversations[i]);
    }
    recording_fini(&recording);
    return 0;
}
