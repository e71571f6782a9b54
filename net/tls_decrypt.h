/* SPDX-License-Identifier: MIT */
/* Reads a TLS conversation that was recorded, with the secrets of a key log (NSS format): TLS 1.3
   (RFC 8446), and TLS 1.2 with the AEAD cipher suites. It verifies each record and nothing else. */
#ifndef NET_TLS_DECRYPT_H
#define NET_TLS_DECRYPT_H

#include "net/buffer.h"

struct tls_decrypt;

enum tls_sender { TLS_CLIENT, TLS_SERVER };

/* The key log is borrowed. */
MUST_USE struct tls_decrypt *tls_decrypt_new(struct span keylog);
void tls_decrypt_free(struct tls_decrypt **decrypt);

/* The next octets of one side, cut anywhere; what they say is appended to out. False when it cannot
   be read: tls_decrypt_error() says why. */
MUST_USE bool tls_decrypt_feed(struct tls_decrypt *decrypt, enum tls_sender sender,
                               struct span octets, struct buffer *out);

/* Static text; "" while nothing is wrong. */
const char *tls_decrypt_error(const struct tls_decrypt *decrypt);

#endif
