/* SPDX-License-Identifier: MIT */
#include "parsers/core/utf8.h"

/* RFC 3629 section 4: the lead octets, and the range of the second one; the others are tails. */
static const struct {
    uint8_t first, last, low, high;
    uint8_t len;
} forms[] = {
    {0x00, 0x7F, 0x80, 0xBF, 1}, {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
    {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
    {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
};

/* RFC 3629 section 4: UTF8-char = UTF8-1 / UTF8-2 / UTF8-3 / UTF8-4 */
size_t utf8_sequence_len(struct span s)
{
    if (s.len == 0) {
        return 0;
    }
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (s.ptr[0] < forms[i].first || s.ptr[0] > forms[i].last) {
            continue;
        }
        size_t len = forms[i].len;
        if (s.len < len || (len > 1 && (s.ptr[1] < forms[i].low || s.ptr[1] > forms[i].high))) {
            return 0;
        }
        for (size_t tail = 2; tail < len; tail++) {
            if ((s.ptr[tail] & 0xC0) != 0x80) {
                return 0;
            }
        }
        return len;
    }
    return 0;
}

size_t utf8_valid_len(struct span s)
{
    size_t pos = 0;
    while (pos < s.len) {
        size_t len = s.ptr[pos] < 0x80 ? 1 : utf8_sequence_len(span_from(s, pos));
        if (len == 0) {
            break;
        }
        pos += len;
    }
    return pos;
}

uint32_t utf8_character(struct span sequence)
{
    uint32_t value = sequence.ptr[0];
    if (sequence.len > 1) {
        value &= 0x7FU >> sequence.len;
    }
    for (size_t i = 1; i < sequence.len; i++) {
        value = value << 6 | (sequence.ptr[i] & 0x3FU);
    }
    return value;
}

void utf8_encode(struct out *o, uint32_t character)
{
    static const uint8_t lead[] = {0, 0xC0, 0xE0, 0xF0};
    unsigned tails = 1;
    if (character < 0x80) {
        out_octet(o, (uint8_t)character);
        return;
    }
    if (character >= 0x800) {
        tails = character >= 0x10000 ? 3 : 2;
    }
    out_octet(o, (uint8_t)(lead[tails] | character >> 6 * tails));
    while (tails-- > 0) {
        out_octet(o, (uint8_t)(0x80 | (character >> 6 * tails & 0x3F)));
    }
}
