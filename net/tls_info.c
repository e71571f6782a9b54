/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include <arpa/inet.h>
#include <openssl/x509v3.h>

#include "net/memory.h"
#include "net/tls_internal.h"

bool tls_cert_digest(const X509 *cert, uint8_t out[32])
{
    unsigned len = 0;
    return X509_digest(cert, EVP_sha256(), out, &len) == 1 && len == 32;
}

bool tls_key_digest(const X509 *cert, uint8_t out[32])
{
    uint8_t *der = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
    unsigned digest_len = 0;
    bool ok = len > 0 && EVP_Digest(der, (size_t)len, out, &digest_len, EVP_sha256(), NULL) == 1 &&
              digest_len == 32;
    OPENSSL_free(der);
    return ok;
}

bool tls_pin_matches(const struct tls *tls)
{
    const X509 *cert = SSL_get0_peer_certificate(tls->ssl);
    uint8_t digest[32] = {0};
    return cert != NULL &&
           ((tls_cert_digest(cert, digest) && memcmp(digest, tls->context->pin, 32) == 0) ||
            (tls_key_digest(cert, digest) && memcmp(digest, tls->context->pin, 32) == 0));
}

static void hex(const uint8_t digest[32], char out[65])
{
    for (size_t i = 0; i < 32; i++) {
        (void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
    }
}

/* Appends octets of a certificate as printable ASCII. */
static void append(char *text, size_t cap, struct span octets)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < octets.len && len + 1 < cap; i++) {
        text[len++] = octets.ptr[i] > 0x20 && octets.ptr[i] < 0x7f ? (char)octets.ptr[i] : '?';
    }
    text[len] = '\0';
}

static void name_text(const X509_NAME *name, char *text, size_t cap)
{
    BIO *memory = BIO_new(BIO_s_mem());
    char *octets = NULL;
    (void)X509_NAME_print_ex(memory, name, 0, XN_FLAG_RFC2253);
    long len = BIO_get_mem_data(memory, &octets);
    size_t used = 0;
    for (long i = 0; i < len && used + 1 < cap; i++) {
        text[used++] = octets[i] >= 0x20 && octets[i] < 0x7f ? octets[i] : '?';
    }
    text[used] = '\0';
    BIO_free(memory);
}

static void alternative_names(const X509 *cert, char *text, size_t cap)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_DNS && name->type != GEN_IPADD) {
            continue;
        }
        size_t len = strlen(text);
        if (len != 0 && len + 1 < cap) {
            text[len] = ' ';
            text[len + 1] = '\0';
        }
        const ASN1_STRING *value = name->type == GEN_DNS ? name->d.dNSName : name->d.iPAddress;
        struct span octets = {ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)};
        char address[INET6_ADDRSTRLEN] = "?";
        if (name->type == GEN_IPADD) {
            if (octets.len == 4 || octets.len == 16) {
                (void)inet_ntop(octets.len == 4 ? AF_INET : AF_INET6, octets.ptr, address,
                                sizeof address);
            }
            octets = span_text(address);
        }
        append(text, cap, octets);
    }
    GENERAL_NAMES_free(names);
}

static void time_text(const ASN1_TIME *time, char out[32])
{
    struct tm tm = {0};
    if (ASN1_TIME_to_tm(time, &tm) == 1) {
        (void)strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
    }
}

void tls_info(const struct tls *tls, struct tls_info *out)
{
    *out = (struct tls_info){0};
    if (!tls->ready) {
        return;
    }
    (void)snprintf(out->version, sizeof out->version, "%s", SSL_get_version(tls->ssl));
    (void)snprintf(out->cipher, sizeof out->cipher, "%s", SSL_get_cipher_name(tls->ssl));
    out->resumed = SSL_session_reused(tls->ssl) != 0;
    const X509 *cert = SSL_get0_peer_certificate(tls->ssl);
    if (cert == NULL) {
        return;
    }
    long verify = SSL_get_verify_result(tls->ssl);
    out->verified = verify == X509_V_OK;
    (void)snprintf(out->verify, sizeof out->verify, "%s", X509_verify_cert_error_string(verify));
    name_text(X509_get_subject_name(cert), out->peer_subject, sizeof out->peer_subject);
    name_text(X509_get_issuer_name(cert), out->peer_issuer, sizeof out->peer_issuer);
    alternative_names(cert, out->peer_names, sizeof out->peer_names);
    time_text(X509_get0_notBefore(cert), out->peer_valid_from);
    time_text(X509_get0_notAfter(cert), out->peer_valid_until);
    uint8_t digest[32] = {0};
    if (tls_cert_digest(cert, digest)) {
        hex(digest, out->peer_cert_sha256);
    }
    if (tls_key_digest(cert, digest)) {
        hex(digest, out->peer_key_sha256);
    }
}

bool tls_is_valid_for(const struct tls *tls, const char *name)
{
    X509 *cert = tls->ready ? SSL_get0_peer_certificate(tls->ssl) : NULL;
    long verify = SSL_get_verify_result(tls->ssl);
    bool trusted = verify == X509_V_OK || verify == X509_V_ERR_HOSTNAME_MISMATCH ||
                   verify == X509_V_ERR_IP_ADDRESS_MISMATCH;
    return cert != NULL && trusted &&
           (X509_check_host(cert, name, 0, 0, NULL) == 1 || X509_check_ip_asc(cert, name, 0) == 1);
}
