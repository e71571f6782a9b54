/* SPDX-License-Identifier: MIT */
#include "parsers/imap/utf7.h"

#include "parsers/core/ascii.h"
#include "parsers/core/utf8.h"

/* RFC 3501 section 5.1.3: base64 with "," instead of "/". */
static int sextet(uint8_t c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    if (c == '+') {
        return 62;
    }
    return c == ',' ? 63 : -1;
}

static bool is_printing(uint32_t character)
{
    return character >= 0x20 && character <= 0x7E;
}

/* UTF-16 code units turned into characters; high: a surrogate that waits for its second half. */
struct utf16 {
    uint32_t high;
};

/* One code unit more. False where it cannot stand; *out is 0 where no character is complete. */
static bool utf16_unit(struct utf16 *state, uint32_t unit, uint32_t *out)
{
    *out = 0;
    bool low = unit >= 0xDC00 && unit <= 0xDFFF;
    if (low != (state->high != 0)) {
        return false;
    }
    if (low) {
        *out = 0x10000 + ((state->high - 0xD800) << 10) + (unit - 0xDC00);
        state->high = 0;
    } else if (unit >= 0xD800 && unit <= 0xDBFF) {
        state->high = unit;
    } else {
        *out = unit;
    }
    return true;
}

/* The base64 run behind "&" at pos, up to and with "-"; writes to out unless it is NULL. Returns
   false with *pos at the octet that cannot be right. */
static bool shifted(struct span name, size_t *pos, struct out *out)
{
    uint32_t bits = 0;
    unsigned count = 0;
    struct utf16 state = {0};
    size_t start = *pos;
    for (; *pos < name.len; (*pos)++) {
        int value = sextet(name.ptr[*pos]);
        if (value < 0) {
            break;
        }
        bits = (bits << 6 | (uint32_t)value) & 0xFFFFF;
        count += 6;
        if (count >= 16) {
            uint32_t character = 0;
            count -= 16;
            uint32_t unit = bits >> count & 0xFFFF;
            if (!utf16_unit(&state, unit, &character) || is_printing(unit) || unit == 0) {
                return false;
            }
            if (out != NULL && character != 0) {
                utf8_encode(out, character);
            }
        }
    }
    bool padded = count < 6 && (bits & ((1U << count) - 1)) == 0;
    if (*pos == name.len || name.ptr[*pos] != '-') {
        return false;
    }
    if (!padded || state.high != 0 || *pos == start) {
        return false;
    }
    (*pos)++;
    return true;
}

/* Goes through the name; false with *pos at the octet that cannot be right. */
static bool walk(struct span name, size_t *pos, struct out *out)
{
    bool just_shifted = false;
    while (*pos < name.len) {
        uint8_t octet = name.ptr[*pos];
        bool shift = octet == '&' && (*pos + 1 == name.len || name.ptr[*pos + 1] != '-');
        if (octet >= 0x80 || (shift && just_shifted)) {
            return false;
        }
        (*pos)++;
        just_shifted = shift;
        if (shift) {
            if (!shifted(name, pos, out)) {
                return false;
            }
            continue;
        }
        if (octet == '&') {
            (*pos)++;
        }
        if (out != NULL) {
            out_octet(out, octet);
        }
    }
    return true;
}

bool utf7_is_valid(struct span name, size_t *out_pos)
{
    *out_pos = 0;
    return walk(name, out_pos, NULL);
}

void utf7_decode(struct span name, struct out *out)
{
    size_t pos = 0;
    (void)walk(name, &pos, out);
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

struct writer {
    struct out *out;
    uint32_t bits;
    unsigned count;
    bool shifted;
};

static void writer_unit(struct writer *w, uint32_t unit)
{
    w->bits = (w->bits << 16 | unit) & 0x3FFFFF;
    w->count += 16;
    while (w->count >= 6) {
        w->count -= 6;
        out_octet(w->out, (uint8_t)alphabet[w->bits >> w->count & 0x3F]);
    }
}

/* Ends a run of base64. */
static void writer_end(struct writer *w)
{
    if (w->shifted) {
        if (w->count > 0) {
            unsigned pad = 6 - w->count;
            w->bits <<= pad;
            out_octet(w->out, (uint8_t)alphabet[w->bits & 0x3F]);
        }
        out_octet(w->out, '-');
    }
    w->shifted = false;
    w->bits = 0;
    w->count = 0;
}

void utf7_encode(struct span utf8, struct out *out)
{
    struct writer w = {.out = out};
    size_t len = 0;
    for (size_t pos = 0; (len = utf8_sequence_len(span_from(utf8, pos))) > 0; pos += len) {
        uint32_t character = utf8_character(span_sub(utf8, pos, len));
        if (is_printing(character)) {
            writer_end(&w);
            out_octet(out, (uint8_t)character);
            if (character == '&') {
                out_octet(out, '-');
            }
            continue;
        }
        if (!w.shifted) {
            out_octet(out, '&');
            w.shifted = true;
        }
        if (character >= 0x10000) {
            writer_unit(&w, 0xD800 + ((character - 0x10000) >> 10));
            character = 0xDC00 + ((character - 0x10000) & 0x3FF);
        }
        writer_unit(&w, character);
    }
    writer_end(&w);
}
