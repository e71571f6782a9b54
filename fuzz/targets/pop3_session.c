/* SPDX-License-Identifier: MIT */
/* A whole POP3 conversation, cut in several ways; see check_split_invariance() for the records. */
#include "fuzz/check/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_split_invariance(PROTOCOL_POP3, (struct span){data, size});
    return 0;
}
