/* SPDX-License-Identifier: MIT */
#include "parsers/core/base64.h"

#include "parsers/core/ascii.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* RFC 4954 section 8: base64 = base64-terminal / ( 1*(4base64-char) [base64-terminal] ) */
size_t base64_valid_len(struct span text)
{
    size_t len = 0;
    while (len < text.len && octet_is(text.ptr[len], CLASS_BASE64)) {
        len++;
    }
    if (len % 4 >= 2) {
        while (len < text.len && len % 4 != 0 && text.ptr[len] == '=') {
            len++;
        }
    }
    /* Where the end came too early, the first octet that is missing is the one behind. */
    return len == text.len && len % 4 != 0 ? len - len % 4 : len;
}

static uint32_t digit_value(uint8_t c)
{
    const char *at = memchr(alphabet, c, 64);
    return at == NULL ? 0 : (uint32_t)(at - alphabet);
}

void base64_decode(struct out *o, struct span text)
{
    for (size_t pos = 0; pos + 4 <= text.len; pos += 4) {
        const uint8_t *c = text.ptr + pos;
        uint32_t bits = digit_value(c[0]) << 18 | digit_value(c[1]) << 12 | digit_value(c[2]) << 6 |
                        digit_value(c[3]);
        out_octet(o, (uint8_t)(bits >> 16));
        if (c[2] != '=') {
            out_octet(o, (uint8_t)(bits >> 8));
        }
        if (c[3] != '=') {
            out_octet(o, (uint8_t)bits);
        }
    }
}

void base64_encode(struct out *o, struct span octets)
{
    for (size_t pos = 0; pos < octets.len; pos += 3) {
        size_t left = octets.len - pos;
        uint32_t bits = (uint32_t)octets.ptr[pos] << 16;
        bits |= left > 1 ? (uint32_t)octets.ptr[pos + 1] << 8 : 0;
        bits |= left > 2 ? octets.ptr[pos + 2] : 0;
        out_octet(o, (uint8_t)alphabet[bits >> 18]);
        out_octet(o, (uint8_t)alphabet[bits >> 12 & 63]);
        out_octet(o, left > 1 ? (uint8_t)alphabet[bits >> 6 & 63] : '=');
        out_octet(o, left > 2 ? (uint8_t)alphabet[bits & 63] : '=');
    }
}
