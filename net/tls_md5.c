/* SPDX-License-Identifier: MIT */
#include "net/tls_md5.h"

#include <openssl/evp.h>

bool tls_md5_hex(struct span octets, char out[TLS_MD5_HEX + 1])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    size_t len = 0;
    if (EVP_Q_digest(NULL, "MD5", NULL, octets.ptr, octets.len, digest, &len) != 1 ||
        len != TLS_MD5_HEX / 2) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[TLS_MD5_HEX] = '\0';
    return true;
}
