/* SPDX-License-Identifier: MIT */
/* Framing must not depend on where the network cuts the stream. The first four octets choose
   modes, limits and cuts; the rest is the stream. */
#include "fuzz/check/stream.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OPTIONS = 4, LOG = 1 << 18, LONGEST = 4096, MODES = FRAME_MODE_OPAQUE + 1 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t logs[2][LOG];
    static const size_t keeps[] = {0, 1, 5, 64};
    static const size_t limits[] = {0, 8, 33, 1024};
    if (size < OPTIONS || size > LONGEST) {
        return 0;
    }
    struct stream_plan plan = {.modes = {(enum frame_mode)(data[0] % MODES),
                                         (enum frame_mode)(data[0] / MODES % MODES),
                                         FRAME_MODE_LINE},
                               .mode_count = 3,
                               .counted = data[1] & 0x3FU,
                               .literal_keep = keeps[data[2] & 3U],
                               .limit = limits[data[2] >> 2 & 3U]};
    struct span stream = {data + OPTIONS, size - OPTIONS};
    struct out whole;
    struct out cut;
    out_init(&whole, logs[0], LOG);
    out_init(&cut, logs[1], LOG);
    stream_feed(&plan, stream, stream.len, 1, &whole);
    stream_feed(&plan, stream, data[1] >> 6, 1U + data[3] % 16U, &cut);
    if (!out_ok(&whole) || !span_equal(out_span(&whole), out_span(&cut))) {
        abort();
    }
    return 0;
}
