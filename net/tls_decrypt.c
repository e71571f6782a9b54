/* SPDX-License-Identifier: MIT */
#include "net/tls_decrypt.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "net/memory.h"
#include "parsers/core/ascii.h"

enum {
    RANDOM_LEN = 32,
    SECRET_MAX = 48, /* SHA-384 */
    TAG_LEN = 16,
    NONCE_LEN = 12,
    RECORD_HEADER = 5,
    RECORD_MAX = 18432,
};

/* RFC 8446 section 5.1, section 4: content types, handshake types. */
enum { TYPE_CHANGE_CIPHER = 20, TYPE_ALERT = 21, TYPE_HANDSHAKE = 22, TYPE_DATA = 23 };
enum { CLIENT_HELLO = 1, SERVER_HELLO = 2, FINISHED = 20, KEY_UPDATE = 24 };

struct suite {
    uint16_t id;
    bool sha384;
    bool chacha;
    uint8_t key_len;
};

static const struct suite suites[] = {
    {0x1301, false, false, 16}, {0x1302, true, false, 32},  {0x1303, false, true, 32},
    {0xC02F, false, false, 16}, {0xC02B, false, false, 16}, {0x009C, false, false, 16},
    {0x009E, false, false, 16}, {0xC030, true, false, 32},  {0xC02C, true, false, 32},
    {0x009D, true, false, 32},  {0x009F, true, false, 32},  {0xCCA8, false, true, 32},
    {0xCCA9, false, true, 32},  {0xCCAA, false, true, 32},
};

struct direction {
    struct buffer in;
    struct buffer handshake; /* decrypted handshake messages that are not complete */
    bool encrypted;
    uint8_t secret[SECRET_MAX];
    uint8_t key[32];
    uint8_t iv[NONCE_LEN];
    uint64_t sequence;
};

struct tls_decrypt {
    struct span keylog;
    struct direction side[2];
    uint8_t client_random[RANDOM_LEN];
    uint8_t server_random[RANDOM_LEN];
    const struct suite *suite;
    bool tls13;
    const char *error;
};

struct tls_decrypt *tls_decrypt_new(struct span keylog)
{
    struct tls_decrypt *d = memory_zero(1, sizeof *d);
    d->keylog = keylog;
    d->error = "";
    return d;
}

void tls_decrypt_free(struct tls_decrypt **decrypt)
{
    if (*decrypt == NULL) {
        return;
    }
    for (int side = TLS_CLIENT; side <= TLS_SERVER; side++) {
        buffer_fini(&(*decrypt)->side[side].in);
        buffer_fini(&(*decrypt)->side[side].handshake);
    }
    memory_wipe(*decrypt, sizeof **decrypt);
    memory_free(*decrypt);
    *decrypt = NULL;
}

const char *tls_decrypt_error(const struct tls_decrypt *decrypt)
{
    return decrypt->error;
}

static bool fail(struct tls_decrypt *d, const char *text)
{
    d->error = text;
    return false;
}

static const EVP_MD *hash_of(const struct tls_decrypt *d)
{
    return d->suite->sha384 ? EVP_sha384() : EVP_sha256();
}

static size_t hash_len(const struct tls_decrypt *d)
{
    return d->suite->sha384 ? 48 : 32;
}

static unsigned hex_digit(uint8_t octet)
{
    return octet <= '9' ? octet - (unsigned)'0' : octet_lower(octet) - (unsigned)'a' + 10;
}

/* Hexadecimal digits at the front of text; false when they are not len octets. */
static bool hex_decode(struct span text, uint8_t *out, size_t len)
{
    if (text.len < 2 * len || (text.len > 2 * len && octet_is(text.ptr[2 * len], CLASS_HEXDIG))) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (!octet_is(text.ptr[2 * i], CLASS_HEXDIG) ||
            !octet_is(text.ptr[2 * i + 1], CLASS_HEXDIG)) {
            return false;
        }
        out[i] = (uint8_t)(hex_digit(text.ptr[2 * i]) * 16 + hex_digit(text.ptr[2 * i + 1]));
    }
    return true;
}

/* The key log's secret of this label for the present client random: "LABEL RANDOM SECRET". */
static bool secret_find(struct tls_decrypt *d, const char *label, uint8_t *out, size_t len)
{
    struct span rest = d->keylog;
    struct span name = span_text(label);
    while (rest.len > 0) {
        const uint8_t *lf = memchr(rest.ptr, '\n', rest.len);
        size_t end = lf == NULL ? rest.len : (size_t)(lf - rest.ptr);
        struct span line = span_sub(rest, 0, end);
        uint8_t random[RANDOM_LEN];
        struct span fields = span_from(line, name.len + 1);
        if (span_starts_nocase(line, name) && fields.len > (size_t)2 * RANDOM_LEN + 1 &&
            hex_decode(span_sub(fields, 0, (size_t)2 * RANDOM_LEN), random, RANDOM_LEN) &&
            memcmp(random, d->client_random, RANDOM_LEN) == 0) {
            return hex_decode(span_from(fields, (size_t)2 * RANDOM_LEN + 1), out, len);
        }
        rest = span_from(rest, end + 1);
    }
    return false;
}

/* RFC 8446 section 7.1: HKDF-Expand-Label with an empty context, for one block of the hash. */
static void expand_label(const struct tls_decrypt *d, const uint8_t *secret, const char *label,
                         uint8_t *out, size_t len)
{
    uint8_t info[64];
    uint8_t block[EVP_MAX_MD_SIZE];
    unsigned block_len = 0;
    struct span name = span_text(label);
    size_t pos = 0;
    info[pos++] = 0;
    info[pos++] = (uint8_t)len;
    info[pos++] = (uint8_t)(6 + name.len);
    memcpy(info + pos, "tls13 ", 6);
    memcpy(info + pos + 6, name.ptr, name.len);
    pos += 6 + name.len;
    info[pos++] = 0;
    info[pos++] = 1;
    (void)HMAC(hash_of(d), secret, (int)hash_len(d), info, pos, block, &block_len);
    memcpy(out, block, len);
}

static void use_secret(const struct tls_decrypt *d, struct direction *side)
{
    expand_label(d, side->secret, "key", side->key, d->suite->key_len);
    expand_label(d, side->secret, "iv", side->iv, NONCE_LEN);
    side->sequence = 0;
    side->encrypted = true;
}

static bool use_label(struct tls_decrypt *d, enum tls_sender sender, const char *label)
{
    if (!secret_find(d, label, d->side[sender].secret, hash_len(d))) {
        return fail(d, "the key log has no secret for this TLS session");
    }
    use_secret(d, &d->side[sender]);
    return true;
}

/* RFC 5246 section 5: P_hash. */
static void prf(const struct tls_decrypt *d, const uint8_t *secret, const uint8_t *seed,
                size_t seed_len, uint8_t *out, size_t len)
{
    uint8_t a[EVP_MAX_MD_SIZE + 128];
    uint8_t block[EVP_MAX_MD_SIZE];
    unsigned hash = 0;
    (void)HMAC(hash_of(d), secret, 48, seed, seed_len, a, &hash);
    while (len > 0) {
        unsigned block_len = 0;
        memcpy(a + hash, seed, seed_len);
        (void)HMAC(hash_of(d), secret, 48, a, hash + seed_len, block, &block_len);
        size_t part = len < block_len ? len : block_len;
        memcpy(out, block, part);
        out += part;
        len -= part;
        uint8_t next[EVP_MAX_MD_SIZE];
        (void)HMAC(hash_of(d), secret, 48, a, hash, next, &block_len);
        memcpy(a, next, block_len);
    }
}

/* RFC 5246 section 6.3: the keys of both directions from the master secret. */
static bool derive_tls12(struct tls_decrypt *d)
{
    uint8_t master[48];
    uint8_t seed[13 + 2 * RANDOM_LEN] = "key expansion";
    uint8_t keys[2 * (32 + NONCE_LEN)];
    if (!secret_find(d, "CLIENT_RANDOM", master, sizeof master)) {
        return fail(d, "the key log has no secret for this TLS session");
    }
    memcpy(seed + 13, d->server_random, RANDOM_LEN);
    memcpy(seed + 13 + RANDOM_LEN, d->client_random, RANDOM_LEN);
    prf(d, master, seed, sizeof seed, keys, sizeof keys);
    size_t key = d->suite->key_len;
    size_t iv = d->suite->chacha ? NONCE_LEN : 4;
    for (size_t side = TLS_CLIENT; side <= TLS_SERVER; side++) {
        memcpy(d->side[side].key, keys + side * key, key);
        memcpy(d->side[side].iv, keys + 2 * key + side * iv, iv);
    }
    memory_wipe(master, sizeof master);
    return true;
}

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

/* RFC 8446 section 4.1.3: the cipher suite, and the version that the extension tells. */
static bool take_server_hello(struct tls_decrypt *d, struct span body)
{
    static const uint8_t retry[] = {0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11};
    if (body.len < 35 || body.len < 38U + body.ptr[34]) {
        return fail(d, "the ServerHello is cut");
    }
    memcpy(d->server_random, body.ptr + 2, RANDOM_LEN);
    if (memcmp(d->server_random, retry, sizeof retry) == 0) {
        return true; /* HelloRetryRequest: the real one follows */
    }
    size_t pos = 35U + body.ptr[34];
    uint16_t id = get16(body.ptr + pos);
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        if (suites[i].id == id) {
            d->suite = &suites[i];
        }
    }
    if (d->suite == NULL) {
        return fail(d, "this TLS cipher suite cannot be read here");
    }
    pos += 5;
    while (pos + 4 <= body.len) {
        size_t len = get16(body.ptr + pos + 2);
        if (get16(body.ptr + pos) == 0x002B && len == 2 && pos + 6 <= body.len) {
            d->tls13 = get16(body.ptr + pos + 4) == 0x0304;
        }
        pos += 4 + len;
    }
    return d->tls13 ? use_label(d, TLS_CLIENT, "CLIENT_HANDSHAKE_TRAFFIC_SECRET") &&
                          use_label(d, TLS_SERVER, "SERVER_HANDSHAKE_TRAFFIC_SECRET")
                    : derive_tls12(d);
}

static bool take_message(struct tls_decrypt *d, enum tls_sender sender, uint8_t type,
                         struct span body)
{
    struct direction *side = &d->side[sender];
    if (type == CLIENT_HELLO && body.len >= 34) {
        memcpy(d->client_random, body.ptr + 2, RANDOM_LEN);
    } else if (type == SERVER_HELLO) {
        return take_server_hello(d, body);
    } else if (type == FINISHED && d->tls13) {
        return use_label(d, sender,
                         sender == TLS_CLIENT ? "CLIENT_TRAFFIC_SECRET_0"
                                              : "SERVER_TRAFFIC_SECRET_0");
    } else if (type == KEY_UPDATE && d->tls13) {
        uint8_t next[SECRET_MAX];
        expand_label(d, side->secret, "traffic upd", next, hash_len(d));
        memcpy(side->secret, next, hash_len(d));
        use_secret(d, side);
    }
    return true;
}

static bool take_handshake(struct tls_decrypt *d, enum tls_sender sender, struct span octets)
{
    struct buffer *messages = &d->side[sender].handshake;
    buffer_append(messages, octets);
    for (;;) {
        struct span all = buffer_span(messages);
        if (all.len < 4) {
            return true;
        }
        size_t len = (size_t)all.ptr[1] << 16 | get16(all.ptr + 2);
        if (all.len < 4 + len) {
            return true;
        }
        if (!take_message(d, sender, all.ptr[0], span_sub(all, 4, len))) {
            return false;
        }
        buffer_drop(messages, 4 + len);
    }
}

static bool open_aead(const struct tls_decrypt *d, const struct direction *side,
                      const uint8_t *nonce, struct span extra, struct span sealed, uint8_t *out)
{
    const EVP_CIPHER *cipher = d->suite->chacha          ? EVP_chacha20_poly1305()
                               : d->suite->key_len == 32 ? EVP_aes_256_gcm()
                                                         : EVP_aes_128_gcm();
    size_t len = sealed.len - TAG_LEN;
    uint8_t tag[TAG_LEN];
    int got = 0;
    memcpy(tag, sealed.ptr + len, TAG_LEN);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool ok = context != NULL && EVP_DecryptInit_ex(context, cipher, NULL, side->key, nonce) == 1 &&
              EVP_DecryptUpdate(context, NULL, &got, extra.ptr, (int)extra.len) == 1 &&
              EVP_DecryptUpdate(context, out, &got, sealed.ptr, (int)len) == 1 &&
              EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) == 1 &&
              EVP_DecryptFinal_ex(context, out + got, &got) == 1;
    EVP_CIPHER_CTX_free(context);
    return ok;
}

static void put64(uint8_t *out, uint64_t value)
{
    for (int i = 7; i >= 0; i--) {
        out[i] = (uint8_t)value;
        value >>= 8;
    }
}

/* One protected record: its content into plain, the length and type out. */
static bool unprotect(struct tls_decrypt *d, struct direction *side, struct span record,
                      uint8_t *plain, size_t *len, uint8_t *type)
{
    uint8_t nonce[NONCE_LEN];
    uint8_t extra[13];
    struct span sealed = span_from(record, RECORD_HEADER);
    struct span header = span_sub(record, 0, RECORD_HEADER);
    bool explicit_nonce = !d->tls13 && !d->suite->chacha;
    memcpy(nonce, side->iv, NONCE_LEN);
    if (explicit_nonce) {
        memcpy(nonce + 4, sealed.ptr, sealed.len >= 8 ? 8 : 0);
        sealed = span_from(sealed, 8);
    } else {
        uint8_t sequence[8];
        put64(sequence, side->sequence);
        for (int i = 0; i < 8; i++) {
            nonce[4 + i] ^= sequence[i];
        }
    }
    if (sealed.len < TAG_LEN) {
        return fail(d, "a TLS record is too short");
    }
    *len = sealed.len - TAG_LEN;
    if (!d->tls13) {
        put64(extra, side->sequence);
        memcpy(extra + 8, record.ptr, 3);
        extra[11] = (uint8_t)(*len >> 8);
        extra[12] = (uint8_t)*len;
        header = (struct span){extra, sizeof extra};
    }
    side->sequence++;
    if (!open_aead(d, side, nonce, header, sealed, plain)) {
        return fail(d, "a TLS record does not fit the key log");
    }
    *type = record.ptr[0];
    if (d->tls13) {
        while (*len > 0 && plain[*len - 1] == 0) {
            (*len)--;
        }
        *type = *len > 0 ? plain[--(*len)] : (uint8_t)TYPE_ALERT;
    }
    return true;
}

static bool take_record(struct tls_decrypt *d, enum tls_sender sender, struct span record,
                        struct buffer *out)
{
    struct direction *side = &d->side[sender];
    uint8_t type = record.ptr[0];
    uint8_t plain[RECORD_MAX];
    struct span content = span_from(record, RECORD_HEADER);
    if (type == TYPE_CHANGE_CIPHER) {
        if (!d->tls13 && d->suite != NULL) {
            side->encrypted = true;
            side->sequence = 0;
        }
        return true;
    }
    if (side->encrypted) {
        size_t len = 0;
        if (!unprotect(d, side, record, plain, &len, &type)) {
            return false;
        }
        content = (struct span){plain, len};
    }
    if (type == TYPE_HANDSHAKE) {
        return take_handshake(d, sender, content);
    }
    if (type == TYPE_DATA) {
        buffer_append(out, content);
    }
    return true;
}

bool tls_decrypt_feed(struct tls_decrypt *d, enum tls_sender sender, struct span octets,
                      struct buffer *out)
{
    struct buffer *in = &d->side[sender].in;
    buffer_append(in, octets);
    for (;;) {
        struct span all = buffer_span(in);
        if (all.len < RECORD_HEADER) {
            return true;
        }
        size_t len = get16(all.ptr + 3);
        if (all.ptr[0] < TYPE_CHANGE_CIPHER || all.ptr[0] > TYPE_DATA || all.ptr[1] != 3 ||
            len + RECORD_HEADER > RECORD_MAX) {
            return fail(d, "this is no TLS record");
        }
        if (all.len < RECORD_HEADER + len) {
            return true;
        }
        if (!take_record(d, sender, span_sub(all, 0, RECORD_HEADER + len), out)) {
            return false;
        }
        buffer_drop(in, RECORD_HEADER + len);
    }
}
