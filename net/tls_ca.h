/* SPDX-License-Identifier: MIT */
/* A throw-away certification authority for tests: P-256 keys, certificates valid from an hour ago
   for some days. Nothing is kept on disk unless it is saved. */
#ifndef NET_TLS_CA_H
#define NET_TLS_CA_H

#include "parsers/core/span.h"

struct tls_ca;

MUST_USE struct tls_ca *tls_ca_new(const char *common_name);
void tls_ca_free(struct tls_ca **ca);

struct tls_leaf {
    char *cert_pem; /* the leaf, then the authority; for memory_free() */
    char *key_pem;  /* for memory_free() */
};

/* A certificate for these names (host names and addresses, NULL at the end); the first is the
   subject. days may be negative: then it has expired. */
void tls_ca_issue(struct tls_ca *ca, const char *const *names, int days, struct tls_leaf *out);
void tls_leaf_fini(struct tls_leaf *leaf);

/* The authority's certificate, PEM; lives as long as ca. */
const char *tls_ca_pem(const struct tls_ca *ca);

/* Writes the authority's certificate into a file; false with *error (for memory_free()) set. */
MUST_USE bool tls_ca_save(const struct tls_ca *ca, const char *file, char **error);

#endif
