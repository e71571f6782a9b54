/* SPDX-License-Identifier: MIT */
#include "parsers/message/encoded_word.h"

#include "parsers/core/ascii.h"
#include "parsers/core/base64.h"

enum { ENCODED_WORD_MAX = 75 };

/* RFC 2047 section 2: token = 1*<Any CHAR except SPACE, CTLs, and especials> */
static bool is_token(uint8_t octet)
{
    return octet_is(octet, CLASS_VCHAR) && memchr("()<>@,;:\"/[]?.=", octet, 15) == NULL;
}

static size_t token_len(struct span text)
{
    size_t len = 0;
    while (len < text.len && is_token(text.ptr[len])) {
        len++;
    }
    return len;
}

/* RFC 2047 section 2: encoded-word = "=?" charset "?" encoding "?" encoded-text "?=" */
static bool read_word(struct span text, struct encoded_word *out)
{
    *out = (struct encoded_word){0};
    struct span rest = span_from(text, 2);
    size_t len = token_len(rest);
    if (!span_starts_nocase(text, SPAN_LIT("=?")) || len == 0 || rest.len < len + 3 ||
        rest.ptr[len] != '?' || rest.ptr[len + 2] != '?') {
        return false;
    }
    out->charset = span_sub(rest, 0, len);
    /* RFC 2231 section 5: charset ["*" language]. */
    for (size_t i = 0; i < len; i++) {
        if (rest.ptr[i] == '*') {
            out->charset = span_sub(rest, 0, i);
            out->language = span_sub(rest, i + 1, len - i - 1);
            break;
        }
    }
    out->encoding = (uint8_t)(rest.ptr[len + 1] & ~0x20);
    rest = span_from(rest, len + 3);
    size_t end = 0;
    while (end < rest.len && rest.ptr[end] != '?' && octet_is(rest.ptr[end], CLASS_VCHAR)) {
        end++;
    }
    out->text = span_sub(rest, 0, end);
    out->whole = span_sub(text, 0, (size_t)(rest.ptr - text.ptr) + end + 2);
    return (out->encoding == 'B' || out->encoding == 'Q') && end + 1 < rest.len &&
           rest.ptr[end] == '?' && rest.ptr[end + 1] == '=' && out->whole.len <= ENCODED_WORD_MAX;
}

bool encoded_word_find(struct span text, struct encoded_word *out)
{
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.ptr[i] == '=' && text.ptr[i + 1] == '?' && read_word(span_from(text, i), out)) {
            return true;
        }
    }
    *out = (struct encoded_word){0};
    return false;
}

static int hex_value(uint8_t octet)
{
    if (octet_is(octet, CLASS_DIGIT)) {
        return octet - '0';
    }
    uint8_t upper = (uint8_t)(octet & ~0x20);
    return upper >= 'A' && upper <= 'F' ? upper - 'A' + 10 : -1;
}

/* RFC 2047 section 4.2: "_" is SP, "=" and two digits an octet. */
static bool decode_q(struct out *o, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '=') {
            out_octet(o, text.ptr[i] == '_' ? ' ' : text.ptr[i]);
            continue;
        }
        int high = text.len - i > 2 ? hex_value(text.ptr[i + 1]) : -1;
        int low = text.len - i > 2 ? hex_value(text.ptr[i + 2]) : -1;
        if (high < 0 || low < 0) {
            return false;
        }
        out_octet(o, (uint8_t)(high * 16 + low));
        i += 2;
    }
    return true;
}

bool encoded_word_decode(struct out *o, const struct encoded_word *word)
{
    if (word->encoding == 'Q') {
        return decode_q(o, word->text);
    }
    if (base64_valid_len(word->text) != word->text.len) {
        return false;
    }
    base64_decode(o, word->text);
    return true;
}
