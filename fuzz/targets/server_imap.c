/* SPDX-License-Identifier: MIT */
/* The built-in server as IMAP, several sessions on one store; see check_server() for the records.
 */
#include "fuzz/check/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum protocol protocols[4] = {PROTOCOL_IMAP, PROTOCOL_IMAP, PROTOCOL_IMAP,
                                               PROTOCOL_IMAP};
    check_server(protocols, (struct span){data, size});
    return 0;
}
