/* SPDX-License-Identifier: MIT */
/* The built-in server as POP3, with mail that comes in by LMTP; see check_server() for the
   records. */
#include "fuzz/check/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum protocol protocols[4] = {PROTOCOL_POP3, PROTOCOL_POP3, PROTOCOL_LMTP,
                                               PROTOCOL_POP3};
    check_server(protocols, (struct span){data, size});
    return 0;
}
