/* SPDX-License-Identifier: MIT */
#include "net/tls.h"

#include <stdio.h>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "net/memory.h"
#include "net/tls_internal.h"

static bool is_address(const char *name)
{
    uint8_t bytes[16];
    return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

static void expect_name(struct tls *tls, const char *name)
{
    bool address = is_address(name);
    X509_VERIFY_PARAM *param = SSL_get0_param(tls->ssl);
    if (!address) {
        /* The macro for this drops const. */
        (void)SSL_ctrl(tls->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                       (void *)(uintptr_t)name);
    }
    if (tls->context->verify == TLS_VERIFY_FULL || tls->context->verify == TLS_VERIFY_NO) {
        X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        (void)(address ? X509_VERIFY_PARAM_set1_ip_asc(param, name)
                       : X509_VERIFY_PARAM_set1_host(param, name, 0));
    }
}

struct tls *tls_new(struct tls_context *context, const char *server_name)
{
    struct tls *tls = memory_zero(1, sizeof *tls);
    context->references++;
    tls->context = context;
    tls->ssl = SSL_new(context->ssl);
    tls->in = BIO_new(BIO_s_mem());
    tls->out = BIO_new(BIO_s_mem());
    if (tls->ssl == NULL || tls->in == NULL || tls->out == NULL) {
        abort();
    }
    SSL_set_bio(tls->ssl, tls->in, tls->out);
    if (context->server) {
        SSL_set_accept_state(tls->ssl);
    } else {
        SSL_set_connect_state(tls->ssl);
        if (server_name != NULL) {
            expect_name(tls, server_name);
        }
    }
    return tls;
}

void tls_free(struct tls **tls)
{
    if (*tls != NULL) {
        SSL_free((*tls)->ssl);
        tls_context_free(&(*tls)->context);
        memory_free(*tls);
        *tls = NULL;
    }
}

void tls_feed(struct tls *tls, struct span cipher)
{
    while (cipher.len != 0) {
        int part = cipher.len > INT32_MAX ? INT32_MAX : (int)cipher.len;
        int taken = BIO_write(tls->in, cipher.ptr, part);
        if (taken <= 0) {
            return;
        }
        cipher = span_from(cipher, (size_t)taken);
    }
}

static enum tls_rc failed(struct tls *tls, const char *what)
{
    long verify = SSL_get_verify_result(tls->ssl);
    unsigned long code = ERR_peek_last_error();
    if (ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED && verify != X509_V_OK) {
        (void)snprintf(tls->error, sizeof tls->error, "the certificate is refused: %s",
                       X509_verify_cert_error_string(verify));
        ERR_clear_error();
    } else {
        tls_reason(what, tls->error, sizeof tls->error);
    }
    return TLS_FAILED;
}

enum tls_rc tls_handshake(struct tls *tls)
{
    if (tls->error[0] != '\0') {
        return TLS_FAILED;
    }
    if (tls->ready) {
        return TLS_OK;
    }
    ERR_clear_error();
    int rc = SSL_do_handshake(tls->ssl);
    if (rc == 1) {
        if (tls->context->verify == TLS_VERIFY_PIN && !tls_pin_matches(tls)) {
            (void)snprintf(tls->error, sizeof tls->error,
                           "the certificate is refused: neither it nor its key is the pinned one");
            return TLS_FAILED;
        }
        tls->ready = true;
        return TLS_OK;
    }
    int why = SSL_get_error(tls->ssl, rc);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
        return TLS_WANT;
    }
    if (why == SSL_ERROR_ZERO_RETURN) {
        (void)snprintf(tls->error, sizeof tls->error, "the peer ended the TLS handshake");
        return TLS_FAILED;
    }
    return failed(tls, "the TLS handshake failed");
}

bool tls_is_ready(const struct tls *tls)
{
    return tls->ready;
}

enum tls_rc tls_read(struct tls *tls, uint8_t *buffer, size_t cap, size_t *out_len)
{
    *out_len = 0;
    if (tls->error[0] != '\0') {
        return TLS_FAILED;
    }
    ERR_clear_error();
    int rc = SSL_read_ex(tls->ssl, buffer, cap, out_len);
    if (rc == 1) {
        return TLS_OK;
    }
    *out_len = 0;
    int why = SSL_get_error(tls->ssl, rc);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
        return TLS_WANT;
    }
    return why == SSL_ERROR_ZERO_RETURN ? TLS_CLOSED : failed(tls, "a TLS record cannot be read");
}

enum tls_rc tls_write(struct tls *tls, struct span plain)
{
    if (tls->error[0] != '\0') {
        return TLS_FAILED;
    }
    ERR_clear_error();
    while (plain.len != 0) {
        size_t written = 0;
        /* The memory BIO always has room: a write can only fail for good. */
        if (SSL_write_ex(tls->ssl, plain.ptr, plain.len, &written) != 1) {
            return failed(tls, "a TLS record cannot be written");
        }
        plain = span_from(plain, written);
    }
    return TLS_OK;
}

void tls_close_notify(struct tls *tls)
{
    if (tls->ready) {
        ERR_clear_error();
        (void)SSL_shutdown(tls->ssl);
        ERR_clear_error();
    }
}

size_t tls_pull(struct tls *tls, uint8_t *buffer, size_t cap)
{
    int part = cap > INT32_MAX ? INT32_MAX : (int)cap;
    int len = BIO_read(tls->out, buffer, part);
    return len > 0 ? (size_t)len : 0;
}

const char *tls_error(const struct tls *tls)
{
    return tls->error;
}

size_t tls_unique(const struct tls *tls, uint8_t *buffer, size_t cap)
{
    if (!tls->ready || SSL_version(tls->ssl) >= TLS1_3_VERSION) {
        return 0;
    }
    /* The first Finished message of the handshake: the client's, but in a resumed session. */
    bool ours = (SSL_session_reused(tls->ssl) != 0) == tls->context->server;
    size_t len = ours ? SSL_get_finished(tls->ssl, buffer, cap)
                      : SSL_get_peer_finished(tls->ssl, buffer, cap);
    return len <= cap ? len : 0;
}

size_t tls_exporter(const struct tls *tls, uint8_t *buffer, size_t cap)
{
    static const char label[] = "EXPORTER-Channel-Binding";
    static const uint8_t empty[1] = {0};
    if (!tls->ready || cap < 32 ||
        SSL_export_keying_material(tls->ssl, buffer, 32, label, sizeof label - 1, empty, 0, 1) !=
            1) {
        return 0;
    }
    return 32;
}
