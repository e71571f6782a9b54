/* SPDX-License-Identifier: MIT */
/* Connections to the built-in server over one store, without sockets. The oracle is the session
   judge, which hears both sides of each: whatever the clients say, the server breaks no rule of
   level MUST. Besides, the store must fit together after each input. */
#ifndef FUZZ_CHECK_SERVER_H
#define FUZZ_CHECK_SERVER_H

#include "server/store.h"
#include "session/session.h"

/* data: one octet of options (bits 0-1: the protocol among those given, 2: implicit TLS, 3: TLS is
   offered, 4: the clients' octets come one by one, 5: others hear of changes one record later),
   then records of one octet (bits 6-7: the connection, bits 0-5: length, 0 stands for all up to and
   with the next LF) and that many octets. */
void check_server(const enum protocol protocols[4], struct span data);

/* The store's counts, orders and references agree; quiet: no conversation holds anything of it. */
void check_store(const struct store *store, bool quiet);

#endif
