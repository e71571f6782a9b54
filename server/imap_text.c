/* SPDX-License-Identifier: MIT */
#include "server/imap_text.h"

#include "parsers/core/utf8.h"
#include "parsers/message/encoded_word.h"

static uint32_t lower(uint32_t c)
{
    bool latin = (c >= 0xC0 && c <= 0xDE && c != 0xD7);
    bool greek = c >= 0x391 && c <= 0x3A9;
    bool cyrillic = c >= 0x410 && c <= 0x42F;
    if (latin || greek || cyrillic) {
        return c + 0x20;
    }
    if (c >= 0x400 && c <= 0x40F) {
        return c + 0x50;
    }
    bool paired = (c >= 0x100 && c <= 0x137) || (c >= 0x14A && c <= 0x177);
    return paired ? c | 1 : c;
}

struct span text_fold(struct scratch *scratch, struct span text)
{
    struct out o;
    size_t cap = text.len * 2 + 4;
    out_init(&o, scratch_take(scratch, cap), cap);
    while (text.len != 0) {
        size_t len = utf8_sequence_len(text);
        if (len <= 1) {
            out_octet(&o, octet_lower(text.ptr[0]));
            len = 1;
        } else {
            utf8_encode(&o, lower(utf8_character(span_sub(text, 0, len))));
        }
        text = span_from(text, len);
    }
    return out_span(&o);
}

struct span text_to_utf8(struct scratch *scratch, struct span charset, struct span octets)
{
    bool latin = span_is(charset, "iso-8859-1") || span_is(charset, "iso-8859-15") ||
                 span_is(charset, "windows-1252");
    if (!latin) {
        return octets;
    }
    struct out o;
    size_t cap = octets.len * 2 + 1;
    out_init(&o, scratch_take(scratch, cap), cap);
    for (size_t i = 0; i < octets.len; i++) {
        utf8_encode(&o, octets.ptr[i]);
    }
    return out_span(&o);
}

static bool is_blank(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != ' ' && text.ptr[i] != '\t') {
            return false;
        }
    }
    return true;
}

/* RFC 2047 section 6.2: white space between two encoded-words is not text. */
static struct span decode_words(struct scratch *scratch, struct span text)
{
    struct encoded_word word;
    struct out o;
    size_t cap = text.len * 2 + 1;
    bool behind = false;
    if (!encoded_word_find(text, &word)) {
        return text;
    }
    out_init(&o, scratch_take(scratch, cap), cap);
    while (encoded_word_find(text, &word)) {
        struct span before = span_sub(text, 0, (size_t)(word.whole.ptr - text.ptr));
        struct out octets;
        out_init(&octets, scratch_take(scratch, word.text.len + 1), word.text.len + 1);
        bool ok = encoded_word_decode(&octets, &word);
        if (!behind || !is_blank(before)) {
            out_bytes(&o, before);
        }
        out_bytes(&o, ok ? text_to_utf8(scratch, word.charset, out_span(&octets)) : word.whole);
        behind = ok;
        text = span_from(text, before.len + word.whole.len);
    }
    out_bytes(&o, text);
    return out_span(&o);
}

struct span text_of_field(struct scratch *scratch, struct span value)
{
    struct out o;
    out_init(&o, scratch_take(scratch, value.len + 1), value.len + 1);
    message_unfold(&o, value);
    return text_fold(scratch, decode_words(scratch, out_span(&o)));
}

bool text_has(struct span text, struct span needle)
{
    if (needle.len == 0) {
        return true;
    }
    while (text.len >= needle.len) {
        const uint8_t *at = memchr(text.ptr, needle.ptr[0], text.len - needle.len + 1);
        if (at == NULL) {
            return false;
        }
        if (memcmp(at, needle.ptr, needle.len) == 0) {
            return true;
        }
        text = span_from(text, (size_t)(at - text.ptr) + 1);
    }
    return false;
}
