/* SPDX-License-Identifier: MIT */
/* A whole SMTP or LMTP conversation, cut in several ways; see check_split_invariance() for the
   records behind the first octet, whose lowest bit says which protocol. */
#include "fuzz/check/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 1) {
        check_split_invariance((data[0] & 1) != 0 ? PROTOCOL_LMTP : PROTOCOL_SMTP,
                               (struct span){data + 1, size - 1});
    }
    return 0;
}
