/* SPDX-License-Identifier: MIT */
#include "trace/decrypt.h"

#include "net/memory.h"
#include "net/tls_decrypt.h"

/* The first piece that is a ClientHello; piece_count if there is none. */
static size_t find_tls(const struct conversation *c)
{
    for (size_t i = 0; i < c->piece_count; i++) {
        struct span octets = conversation_octets(c, &c->pieces[i]);
        if (c->pieces[i].side == SIDE_CLIENT && octets.len > 5 && octets.ptr[0] == 0x16 &&
            octets.ptr[1] == 3 && octets.ptr[5] == 1) {
            return i;
        }
    }
    return c->piece_count;
}

/* What the octets become when the pieces from start on are decrypted; false when one cannot be. */
static bool rewrite(const struct conversation *c, size_t start, struct tls_decrypt *decrypt,
                    struct conversation *out)
{
    bool ok = true;
    for (size_t i = 0; i < c->piece_count && ok; i++) {
        const struct piece *piece = &c->pieces[i];
        struct span octets = conversation_octets(c, piece);
        if (i < start) {
            const struct hole *hole = conversation_hole(c, piece->side, piece->off, piece->len);
            conversation_add(out, piece->side, octets, piece);
            if (hole != NULL) {
                conversation_add_hole(out, piece->side, hole);
            }
            continue;
        }
        struct buffer plain = {0};
        ok = tls_decrypt_feed(decrypt, piece->side == SIDE_CLIENT ? TLS_CLIENT : TLS_SERVER, octets,
                              &plain);
        if (buffer_span(&plain).len > 0) {
            conversation_add(out, piece->side, buffer_span(&plain), piece);
        }
        buffer_fini(&plain);
    }
    return ok;
}

void conversation_decrypt(struct conversation *c, struct span keylog)
{
    size_t start = find_tls(c);
    if (start == c->piece_count) {
        return;
    }
    if (keylog.len == 0) {
        c->remark = "TLS begins, and there is no key log to read it with";
        return;
    }
    struct tls_decrypt *decrypt = tls_decrypt_new(keylog);
    struct conversation clear = {0};
    bool ok = rewrite(c, start, decrypt, &clear);
    if (!ok) {
        c->remark = tls_decrypt_error(decrypt);
    }
    /* What could be read up to the trouble is worth more than ciphertext. */
    if (ok || clear.piece_count > start) {
        conversation_replace(c, &clear);
        c->tls = start == 0;
        c->closed = c->closed && ok;
    }
    conversation_clear(&clear);
    tls_decrypt_free(&decrypt);
}
