/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "net/memory.h"
#include "net/tls_internal.h"

void tls_reason(const char *message, char *text, size_t cap)
{
    unsigned long code = ERR_peek_last_error();
    unsigned long first = ERR_peek_error();
    const char *reason = code == 0 ? NULL : ERR_reason_error_string(code);
    if (ERR_SYSTEM_ERROR(first)) {
        reason = strerror(ERR_GET_REASON(first));
    } else if (ERR_GET_LIB(first) == ERR_LIB_PEM && ERR_GET_REASON(first) == PEM_R_NO_START_LINE) {
        reason = "it holds no PEM of this kind";
    }
    (void)snprintf(text, cap, "%s%s%s", message, reason == NULL ? "" : ": ",
                   reason == NULL ? "" : reason);
    ERR_clear_error();
}

static void key_log(const SSL *ssl, const char *line)
{
    const struct tls_context *context = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), 0);
    if (context != NULL && context->key_log != NULL) {
        (void)fprintf(context->key_log, "%s\n", line);
        (void)fflush(context->key_log);
    }
}

static int protocol_version(enum tls_version version, int otherwise)
{
    static const int numbers[] = {0, TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};
    return version == TLS_VERSION_ANY ? otherwise : numbers[version];
}

/* Text for the caller, from a message, a file name and OpenSSL's reason. */
static char *reason_text(const char *message, const char *file)
{
    char reason[TLS_TEXT_MAX];
    tls_reason(file, reason, sizeof reason);
    return memory_format("%s %s", message, reason);
}

static struct tls_context *context_new(const SSL_METHOD *method, enum tls_version min,
                                       enum tls_version max, const char *key_log_file, char **error)
{
    ERR_clear_error();
    struct tls_context *context = memory_zero(1, sizeof *context);
    context->references = 1;
    context->ssl = SSL_CTX_new(method);
    if (context->ssl == NULL) {
        abort();
    }
    int lowest = protocol_version(min, TLS1_2_VERSION);
    (void)SSL_CTX_set_min_proto_version(context->ssl, lowest);
    (void)SSL_CTX_set_max_proto_version(context->ssl, protocol_version(max, 0));
    if (lowest < TLS1_2_VERSION) {
        /* Old versions need SHA-1 signatures, which the default level refuses. */
        SSL_CTX_set_security_level(context->ssl, 0);
    }
    (void)SSL_CTX_set_mode(context->ssl, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                             SSL_MODE_ENABLE_PARTIAL_WRITE |
                                             SSL_MODE_RELEASE_BUFFERS);
    (void)SSL_CTX_set_options(context->ssl, SSL_OP_NO_RENEGOTIATION);
    (void)SSL_CTX_set_ex_data(context->ssl, 0, context);
    if (key_log_file != NULL) {
        context->key_log = fopen(key_log_file, "a");
        if (context->key_log == NULL) {
            *error = memory_format("the TLS key log %s cannot be written", key_log_file);
            tls_context_free(&context);
            return NULL;
        }
        SSL_CTX_set_keylog_callback(context->ssl, key_log);
    }
    return context;
}

static bool use_cert_files(SSL_CTX *ssl, const char *cert_file, const char *key_file, char **error)
{
    if (SSL_CTX_use_certificate_chain_file(ssl, cert_file) != 1) {
        *error = reason_text("the certificate cannot be used:", cert_file);
        return false;
    }
    const char *key = key_file == NULL ? cert_file : key_file;
    if (SSL_CTX_use_PrivateKey_file(ssl, key, SSL_FILETYPE_PEM) != 1) {
        *error = reason_text("the key cannot be used:", key);
        return false;
    }
    return true;
}

static bool use_cert_text(SSL_CTX *ssl, const char *cert_pem, const char *key_pem, char **error)
{
    BIO *certs = BIO_new_mem_buf(cert_pem, -1);
    BIO *keys = BIO_new_mem_buf(key_pem == NULL ? cert_pem : key_pem, -1);
    X509 *cert = PEM_read_bio_X509(certs, NULL, NULL, NULL);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(keys, NULL, NULL, NULL);
    bool ok = cert != NULL && key != NULL && SSL_CTX_use_certificate(ssl, cert) == 1 &&
              SSL_CTX_use_PrivateKey(ssl, key) == 1;
    if (!ok) {
        *error = reason_text("the certificate and its key cannot be used:", "PEM text");
    }
    for (X509 *more = NULL; ok && (more = PEM_read_bio_X509(certs, NULL, NULL, NULL)) != NULL;) {
        (void)SSL_CTX_add0_chain_cert(ssl, more);
    }
    ERR_clear_error();
    X509_free(cert);
    EVP_PKEY_free(key);
    BIO_free(certs);
    BIO_free(keys);
    return ok;
}

static int hex_digit(char c)
{
    uint8_t lower = octet_lower((uint8_t)c);
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* 64 hex digits, colons allowed between. */
static bool parse_pin(const char *text, uint8_t out[32])
{
    size_t count = 0;
    for (; text != NULL && *text != '\0'; text++) {
        int digit = hex_digit(*text);
        if (*text == ':') {
            continue;
        }
        if (digit < 0 || count >= 64) {
            return false;
        }
        out[count / 2] = (uint8_t)(count % 2 == 0 ? digit << 4 : out[count / 2] | digit);
        count++;
    }
    return count == 64;
}

/* The handshake goes on whatever the chain is worth: tls_handshake() judges it afterwards, so that
   the report can tell all of it. */
static int verify_later(int ok, X509_STORE_CTX *store)
{
    (void)ok;
    (void)store;
    return 1;
}

/* Trust and identity of a client; false with *error set. */
static bool configure_client(struct tls_context *context, const struct tls_client_config *config,
                             char **error)
{
    context->verify = config->verify;
    if (config->verify == TLS_VERIFY_PIN && !parse_pin(config->pin, context->pin)) {
        *error = memory_format("the pin is not 64 hex digits (SHA-256)");
        return false;
    }
    if (config->ca_file == NULL) {
        (void)SSL_CTX_set_default_verify_paths(context->ssl);
    } else if (SSL_CTX_load_verify_locations(context->ssl, config->ca_file, NULL) != 1) {
        *error = reason_text("the authority's certificate cannot be used:", config->ca_file);
        return false;
    }
    bool strict = config->verify == TLS_VERIFY_FULL || config->verify == TLS_VERIFY_CA;
    SSL_CTX_set_verify(context->ssl, SSL_VERIFY_PEER, strict ? NULL : verify_later);
    return config->cert_file == NULL ||
           use_cert_files(context->ssl, config->cert_file, config->key_file, error);
}

struct tls_context *tls_context_client(const struct tls_client_config *config, char **error)
{
    struct tls_context *context =
        context_new(TLS_client_method(), config->min, config->max, config->key_log_file, error);
    if (context != NULL && !configure_client(context, config, error)) {
        tls_context_free(&context);
    }
    return context;
}

struct tls_context *tls_context_server(const struct tls_server_config *config, char **error)
{
    struct tls_context *context =
        context_new(TLS_server_method(), config->min, config->max, config->key_log_file, error);
    if (context == NULL) {
        return NULL;
    }
    context->server = true;
    bool ok = config->cert_file != NULL
                  ? use_cert_files(context->ssl, config->cert_file, config->key_file, error)
                  : use_cert_text(context->ssl, config->cert_pem, config->key_pem, error);
    if (ok && config->client_ca_file != NULL) {
        if (SSL_CTX_load_verify_locations(context->ssl, config->client_ca_file, NULL) == 1) {
            SSL_CTX_set_verify(context->ssl, SSL_VERIFY_PEER, NULL);
        } else {
            *error = reason_text("the clients' authority cannot be used:", config->client_ca_file);
            ok = false;
        }
    }
    if (!ok) {
        tls_context_free(&context);
        return NULL;
    }
    static const uint8_t id[] = "postel";
    (void)SSL_CTX_set_session_id_context(context->ssl, id, sizeof id - 1);
    return context;
}

void tls_context_free(struct tls_context **context)
{
    struct tls_context *c = *context;
    *context = NULL;
    if (c == NULL || --c->references != 0) {
        return;
    }
    SSL_CTX_free(c->ssl);
    if (c->key_log != NULL) {
        (void)fclose(c->key_log);
    }
    memory_free(c);
}
