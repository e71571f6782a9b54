/* SPDX-License-Identifier: MIT */
/* The built-in server as SMTP, submission and LMTP; see check_server() for the records. */
#include "fuzz/check/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum protocol protocols[4] = {PROTOCOL_SMTP, PROTOCOL_SUBMISSION, PROTOCOL_LMTP,
                                               PROTOCOL_SMTP};
    check_server(protocols, (struct span){data, size});
    return 0;
}
