/* SPDX-License-Identifier: MIT */
/* A whole IMAP conversation, cut in several ways; see check_split_invariance() for the records. */
#include "fuzz/check/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size <= 8192) {
        check_split_invariance(PROTOCOL_IMAP, (struct span){data, size});
    }
    return 0;
}
