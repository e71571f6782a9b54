/* SPDX-License-Identifier: MIT */
/* What the tls*.c files share; nobody else includes it, nor OpenSSL. */
#ifndef NET_TLS_INTERNAL_H
#define NET_TLS_INTERNAL_H

#include <openssl/ssl.h>

#include "net/tls.h"

struct tls_context {
    SSL_CTX *ssl;
    enum tls_verify verify;
    bool server;
    uint8_t pin[32];
    FILE *key_log;
    unsigned references;
};

struct tls {
    struct tls_context *context;
    SSL *ssl;
    BIO *in;  /* ciphertext from the peer; owned by ssl */
    BIO *out; /* ciphertext for the peer; owned by ssl */
    bool ready;
    bool name_wanted; /* the server's name is part of the verification */
    char error[TLS_TEXT_MAX];
};

/* "message", or "message: " and OpenSSL's reason, into text; empties OpenSSL's error queue. */
void tls_reason(const char *message, char *text, size_t cap);

/* SHA-256 of the certificate's or its public key's DER form. */
bool tls_cert_digest(const X509 *cert, uint8_t out[32]);
bool tls_key_digest(const X509 *cert, uint8_t out[32]);

/* The peer's certificate is, or has, the pinned key. */
bool tls_pin_matches(const struct tls *tls);

#endif
