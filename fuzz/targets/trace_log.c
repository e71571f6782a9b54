/* SPDX-License-Identifier: MIT */
/* The readers of logs: whatever the text, the pieces of a conversation follow one another without
   gap or overlap on each side, lines ascend, and judging comes to an end. The first octet chooses
   the format; 255: as its content tells. One input in 32 is judged, as the judge sets aside
   megabytes: which ones, their octets tell. */
#include "fuzz/check/check.h"
#include "fuzz/check/tree.h"
#include "trace/judge.h"
#include "trace/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { UNJUDGED = 31 };

static void check_conversation(struct conversation *c, bool judged)
{
    check_pieces(c, true);
    if (conversation_guess_protocol(c) && judged) {
        static struct judge *judge;
        struct judge_sums sums = {0};
        judge = judge == NULL ? judge_new(NULL, NULL) : judge;
        judge_conversation(judge, c, &sums);
        CHECK(sums.octets <= c->stream[SIDE_CLIENT].len + c->stream[SIDE_SERVER].len,
              "more octets are judged than there are");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct span text = {data + 1, size - 1};
    size_t count = 1;
    while (log_formats[count].name != NULL) {
        count++;
    }
    const struct log_format *format =
        data[0] == 255 ? log_format_guess(text) : &log_formats[data[0] % count];
    if (format == NULL) {
        return 0;
    }
    unsigned sum = 0;
    for (size_t i = 0; i < size; i++) {
        sum = sum * 5 + data[i];
    }
    struct recording recording;
    recording_init(&recording, "fuzz");
    log_read(&recording, format, text);
    for (size_t i = 0; i < recording.count; i++) {
        check_conversation(&recording.conversations[i], (sum & UNJUDGED) == 0);
    }
    recording_fini(&recording);
    return 0;
}
