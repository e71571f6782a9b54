/* SPDX-License-Identifier: MIT */
/* Framing must not depend on where the network cuts the stream. The first four octets choose
   modes, limits and cuts; the rest is the stream. */
#include "fuzz/check/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OPTIONS = 4, LONGEST = 4096, MODES = FRAME_MODE_OPAQUE + 1 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t keeps[] = {0, 1, 5, 64};
    static const size_t limits[] = {0, 8, 33, 1024};
    if (size < OPTIONS || size > LONGEST) {
        return 0;
    }
    const struct stream_plan plan = {.modes = {(enum frame_mode)(data[0] % MODES),
                                               (enum frame_mode)(data[0] / MODES % MODES),
                                               FRAME_MODE_LINE},
                                     .mode_count = 3,
                                     .counted = data[1] & 0x3FU,
                                     .literal_keep = keeps[data[2] & 3U],
                                     .limit = limits[data[2] >> 2 & 3U]};
    check_stream(&plan, (struct span){data + OPTIONS, size - OPTIONS}, data[1] >> 6,
                 1U + data[3] % 16U);
    return 0;
}
