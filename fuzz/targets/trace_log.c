/* SPDX-License-Identifier: MIT */
/* The readers of logs: whatever the text, the pieces of a conversation follow one another without
   gap or overlap on each side, lines ascend, and judging comes to an end. The first octet chooses
   the format (bits 0 to 5; all set: as its content tells); bit 7: what was read is judged, too, for
   which the judge sets aside megabytes. */
#include "fuzz/check/check.h"
#include "fuzz/check/tree.h"
#include "trace/judge.h"
#include "trace/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FORMAT = 0x3F, JUDGED = 0x80 };

static void check_conversation(struct conversation *c, bool judged)
{
    check_pieces(c);
    if (conversation_guess_protocol(c) && judged) {
        struct judge_sums sums = {0};
        judge_conversation(c, &sums, NULL, NULL);
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
    size_t count = 0;
    while (log_formats[count].name != NULL) {
        count++;
    }
    CHECK(count > 0, "there are no formats");
    const struct log_format *format = (data[0] & FORMAT) == FORMAT
                                          ? log_format_guess(text)
                                          : &log_formats[(data[0] & FORMAT) % count];
    if (format == NULL) {
        return 0;
    }
    struct recording recording;
    recording_init(&recording, "fuzz");
    log_read(&recording, format, text);
    for (size_t i = 0; i < recording.count; i++) {
        check_conversation(&recording.conversations[i], (data[0] & JUDGED) != 0);
    }
    recording_fini(&recording);
    return 0;
}
