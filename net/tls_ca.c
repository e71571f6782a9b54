/* SPDX-License-Identifier: MIT */
#include "net/tls_ca.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "net/memory.h"

struct tls_ca {
    EVP_PKEY *key;
    X509 *cert;
    char *pem;
};

enum { CA_DAYS = 30 };

static void must(bool ok)
{
    /* Making keys and certificates fails only without memory or randomness. */
    if (!ok) {
        abort();
    }
}

static char *bio_text(BIO *memory)
{
    char *octets = NULL;
    long len = BIO_get_mem_data(memory, &octets);
    char *text = memory_text((struct span){(const uint8_t *)octets, (size_t)len});
    BIO_free(memory);
    return text;
}

static char *certs_pem(X509 *first, X509 *second)
{
    BIO *memory = BIO_new(BIO_s_mem());
    must(memory != NULL && PEM_write_bio_X509(memory, first) == 1);
    must(second == NULL || PEM_write_bio_X509(memory, second) == 1);
    return bio_text(memory);
}

static char *key_pem(EVP_PKEY *key)
{
    BIO *memory = BIO_new(BIO_s_mem());
    must(memory != NULL && PEM_write_bio_PrivateKey(memory, key, NULL, NULL, 0, NULL, NULL) == 1);
    return bio_text(memory);
}

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context = {0};
    X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    must(extension != NULL && X509_add_ext(cert, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

/* A certificate without extensions and signature. */
static X509 *cert_new(EVP_PKEY *key, const char *common_name, int days)
{
    X509 *cert = X509_new();
    uint8_t serial[16] = {0};
    must(cert != NULL && RAND_bytes(serial, sizeof serial) == 1);
    serial[0] &= 0x7f;
    BIGNUM *number = BN_bin2bn(serial, sizeof serial, NULL);
    must(number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL);
    BN_free(number);
    long from = days < 0 ? (long)days * 2 * 86400 : -3600;
    must(X509_set_version(cert, X509_VERSION_3) == 1);
    must(X509_gmtime_adj(X509_getm_notBefore(cert), from) != NULL);
    must(X509_gmtime_adj(X509_getm_notAfter(cert), (long)days * 86400) != NULL);
    must(X509_set_pubkey(cert, key) == 1);
    must(X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8,
                                    (const unsigned char *)common_name, -1, -1, 0) == 1);
    return cert;
}

struct tls_ca *tls_ca_new(const char *common_name)
{
    struct tls_ca *ca = memory_zero(1, sizeof *ca);
    ca->key = EVP_EC_gen("P-256");
    must(ca->key != NULL);
    ca->cert = cert_new(ca->key, common_name, CA_DAYS);
    must(X509_set_issuer_name(ca->cert, X509_get_subject_name(ca->cert)) == 1);
    add_extension(ca->cert, ca->cert, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(ca->cert, ca->cert, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(ca->cert, ca->cert, NID_subject_key_identifier, "hash");
    must(X509_sign(ca->cert, ca->key, EVP_sha256()) != 0);
    ca->pem = certs_pem(ca->cert, NULL);
    return ca;
}

void tls_ca_free(struct tls_ca **ca)
{
    if (*ca != NULL) {
        EVP_PKEY_free((*ca)->key);
        X509_free((*ca)->cert);
        memory_free((*ca)->pem);
        memory_free(*ca);
        *ca = NULL;
    }
}

/* "DNS:a,IP:127.0.0.1" */
static char *alternative_names(const char *const *names)
{
    char *text = memory_text(SPAN_LIT(""));
    for (size_t i = 0; names[i] != NULL; i++) {
        uint8_t bytes[16];
        bool address =
            inet_pton(AF_INET, names[i], bytes) == 1 || inet_pton(AF_INET6, names[i], bytes) == 1;
        char *longer =
            memory_format("%s%s%s:%s", text, i == 0 ? "" : ",", address ? "IP" : "DNS", names[i]);
        memory_free(text);
        text = longer;
    }
    return text;
}

void tls_ca_issue(struct tls_ca *ca, const char *const *names, int days, struct tls_leaf *out)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    must(key != NULL);
    X509 *cert = cert_new(key, names[0], days);
    char *alternatives = alternative_names(names);
    must(X509_set_issuer_name(cert, X509_get_subject_name(ca->cert)) == 1);
    add_extension(cert, ca->cert, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(cert, ca->cert, NID_key_usage, "critical,digitalSignature");
    add_extension(cert, ca->cert, NID_ext_key_usage, "serverAuth,clientAuth");
    add_extension(cert, ca->cert, NID_subject_alt_name, alternatives);
    add_extension(cert, ca->cert, NID_subject_key_identifier, "hash");
    add_extension(cert, ca->cert, NID_authority_key_identifier, "keyid");
    must(X509_sign(cert, ca->key, EVP_sha256()) != 0);
    *out = (struct tls_leaf){certs_pem(cert, ca->cert), key_pem(key)};
    memory_free(alternatives);
    X509_free(cert);
    EVP_PKEY_free(key);
}

void tls_leaf_fini(struct tls_leaf *leaf)
{
    memory_free(leaf->cert_pem);
    if (leaf->key_pem != NULL) {
        memory_wipe(leaf->key_pem, strlen(leaf->key_pem));
    }
    memory_free(leaf->key_pem);
    *leaf = (struct tls_leaf){0};
}

const char *tls_ca_pem(const struct tls_ca *ca)
{
    return ca->pem;
}

bool tls_ca_save(const struct tls_ca *ca, const char *file, char **error)
{
    FILE *f = fopen(file, "w");
    bool ok = f != NULL && fputs(ca->pem, f) >= 0;
    if (f != NULL && fclose(f) != 0) {
        ok = false;
    }
    if (!ok) {
        *error = memory_format("%s cannot be written: %s", file, strerror(errno));
    }
    return ok;
}
