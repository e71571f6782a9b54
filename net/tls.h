/* SPDX-License-Identifier: MIT */
/* TLS as a transformer of octets: ciphertext in, plaintext out and back. It moves nothing over the
   network by itself; net/conn.c does. Contexts hold what connections share (certificates, trust,
   versions) and may be used by any number of connections, which keep them alive. */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "parsers/core/span.h"

enum tls_verify {
    TLS_VERIFY_FULL = 0, /* a trusted chain, and the server's name */
    TLS_VERIFY_CA,       /* a trusted chain */
    TLS_VERIFY_PIN,      /* this key or this certificate, whoever signed it */
    TLS_VERIFY_NO,       /* nothing; tls_info still tells what verification says */
};

enum tls_version {
    TLS_VERSION_ANY = 0,
    TLS_VERSION_1_0,
    TLS_VERSION_1_1,
    TLS_VERSION_1_2,
    TLS_VERSION_1_3
};

struct tls_client_config {
    enum tls_verify verify;
    const char *ca_file;   /* PEM; NULL: the system's store */
    const char *pin;       /* 64 hex digits: SHA-256 of the certificate or of its public key */
    const char *cert_file; /* PEM, of the client; or NULL */
    const char *key_file;  /* PEM; NULL: in cert_file */
    enum tls_version min;  /* TLS_VERSION_ANY: TLS 1.2 */
    enum tls_version max;
    const char *key_log_file; /* secrets are appended, NSS format; or NULL */
};

struct tls_server_config {
    const char *cert_file;      /* PEM, chain in order; or NULL: cert_pem */
    const char *key_file;       /* PEM; NULL: in cert_file */
    const char *cert_pem;       /* the same as text */
    const char *key_pem;        /* the same as text; NULL: in cert_pem */
    const char *client_ca_file; /* asks for a client certificate and verifies it; or NULL */
    enum tls_version min;       /* TLS_VERSION_ANY: TLS 1.2 */
    enum tls_version max;
    const char *key_log_file; /* as above */
};

struct tls_context;

/* NULL when something in the configuration cannot be used; *error is then new text for
   memory_free(). */
MUST_USE struct tls_context *tls_context_client(const struct tls_client_config *config,
                                                char **error);
MUST_USE struct tls_context *tls_context_server(const struct tls_server_config *config,
                                                char **error);
void tls_context_free(struct tls_context **context);

enum { TLS_TEXT_MAX = 256 };

/* What is known of a TLS session; texts are empty where there is nothing to tell. Texts from the
   peer's certificate have only printable ASCII. */
struct tls_info {
    char version[16];                /* "TLSv1.3" */
    char cipher[64];                 /* "TLS_AES_256_GCM_SHA384" */
    char peer_subject[TLS_TEXT_MAX]; /* "CN=mail.example" */
    char peer_issuer[TLS_TEXT_MAX];  /* of the first certificate */
    char peer_names[TLS_TEXT_MAX];   /* subject alternative names, blanks between */
    char peer_valid_from[32];        /* "2026-11-20T00:00:00Z" */
    char peer_valid_until[32];       /* the same form */
    char peer_cert_sha256[65];       /* hex digits */
    char peer_key_sha256[65];        /* hex digits: what TLS_VERIFY_PIN is compared with */
    char verify[TLS_TEXT_MAX];       /* "ok", or what is wrong with the chain or the name */
    bool verified;                   /* verify is "ok" */
    bool resumed;
};

struct tls;

enum tls_rc {
    TLS_OK = 0,
    TLS_WANT,   /* needs octets of the peer */
    TLS_CLOSED, /* the peer said close_notify */
    TLS_FAILED, /* tls_error() says why */
};

/* server_name: for SNI and the name check; a host name or an address. NULL in a server. */
MUST_USE struct tls *tls_new(struct tls_context *context, const char *server_name);
void tls_free(struct tls **tls);

/* Ciphertext from the peer; all of it is taken. */
void tls_feed(struct tls *tls, struct span cipher);

/* Goes on with the handshake. */
MUST_USE enum tls_rc tls_handshake(struct tls *tls);
bool tls_is_ready(const struct tls *tls);

/* Plaintext of the peer into the buffer, as much as there is. */
MUST_USE enum tls_rc tls_read(struct tls *tls, uint8_t *buffer, size_t cap, size_t *out_len);

/* All octets become records of this TLS session, at least one. */
MUST_USE enum tls_rc tls_write(struct tls *tls, struct span plain);

/* Adds close_notify to what is to be sent. */
void tls_close_notify(struct tls *tls);

/* Ciphertext for the peer; 0 when there is none. */
size_t tls_pull(struct tls *tls, uint8_t *buffer, size_t cap);

/* Why the last call failed; static or owned by tls. */
const char *tls_error(const struct tls *tls);

void tls_info(const struct tls *tls, struct tls_info *out);

/* The peer's certificate is trusted, in its time, and made out for this name or address, whether or
   not it is the one that was connected to (RFC 6125 section 6). */
bool tls_is_valid_for(const struct tls *tls, const char *name);

/* Channel bindings for SASL (RFC 5929 section 3, RFC 9266 section 2). The length, or 0 where the
   session has none. */
size_t tls_unique(const struct tls *tls, uint8_t *buffer, size_t cap);
size_t tls_exporter(const struct tls *tls, uint8_t *buffer, size_t cap);

#endif
