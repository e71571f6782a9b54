/* SPDX-License-Identifier: MIT */
#include "reports/visible.h"

#include "net/memory.h"

/* RFC 3629 section 4: UTF8-2 to UTF8-4, with the second octet's range where it is narrower. */
size_t utf8_length(struct span s)
{
    if (s.len == 0) {
        return 0;
    }
    uint8_t c = s.ptr[0];
    size_t len = c < 0x80 ? 1 : c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;
    if (len < 2) {
        return len;
    }
    if (s.len < len) {
        return 0;
    }
    uint8_t low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
    uint8_t high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
    if (s.ptr[1] < low || s.ptr[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < len; i++) {
        if ((s.ptr[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return len;
}

bool is_utf8_text(struct span octets)
{
    while (octets.len != 0) {
        size_t len = utf8_length(octets);
        if (len == 0 || octets.ptr[0] == 0) {
            return false;
        }
        octets = span_from(octets, len);
    }
    return true;
}

static uint32_t utf8_value(struct span s, size_t len)
{
    uint32_t value = s.ptr[0] & (0xFFU >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        value = value << 6 | (s.ptr[i] & 0x3FU);
    }
    return value;
}

/* Characters that could change how the terminal shows the rest: C1 controls, invisible and
   bidirectional format characters, line separators, private use, non-characters; and combining
   marks and wide scripts, because the caret needs to know the width. */
static bool is_plain_character(uint32_t value)
{
    return (value >= 0xA1 && value <= 0x2FF && value != 0xAD) ||
           (value >= 0x370 && value <= 0x482) || (value >= 0x48A && value <= 0x52F) ||
           (value >= 0x1E00 && value <= 0x1EFF) || (value >= 0x2010 && value <= 0x2027) ||
           (value >= 0x2030 && value <= 0x205E) || (value >= 0x20A0 && value <= 0x20BF);
}

static struct visible escaped(const char *text)
{
    struct visible out = {.taken = 1};
    while (text[out.len] != '\0') {
        out.text[out.len] = text[out.len];
        out.len++;
    }
    out.columns = out.len;
    return out;
}

struct visible visible_next(struct span octets)
{
    uint8_t c = octets.ptr[0];
    if (c == '\r') {
        return escaped("\\r");
    }
    if (c == '\n') {
        return escaped("\\n");
    }
    if (c == '\t') {
        return escaped("\\t");
    }
    if (c == '\\') {
        return escaped("\\\\");
    }
    if (c >= 0x20 && c < 0x7F) {
        return (struct visible){{(char)c}, 1, 1, 1};
    }
    size_t len = utf8_length(octets);
    if (len > 1 && is_plain_character(utf8_value(octets, len))) {
        struct visible out = {{0}, len, 1, len};
        memcpy(out.text, octets.ptr, len);
        return out;
    }
    static const char hex[] = "0123456789abcdef";
    return (struct visible){{'\\', 'x', hex[c >> 4], hex[c & 15]}, 4, 4, 1};
}

size_t visible_columns(struct span octets)
{
    size_t columns = 0;
    while (octets.len != 0) {
        struct visible v = visible_next(octets);
        columns += v.columns;
        octets = span_from(octets, v.taken);
    }
    return columns;
}

size_t visible_print(FILE *out, struct span octets, size_t limit)
{
    size_t printed = 0;
    while (printed < octets.len) {
        struct visible v = visible_next(span_from(octets, printed));
        if (v.columns > limit) {
            break;
        }
        (void)fwrite(v.text, 1, v.len, out);
        limit -= v.columns;
        printed += v.taken;
    }
    return printed;
}

void visible_print_quoted(FILE *out, struct span octets)
{
    for (size_t i = 0; i < octets.len; i++) {
        uint8_t octet = octets.ptr[i];
        if (octet == '\r' || octet == '\n') {
            (void)fputs(octet == '\r' ? "\\r" : "\\n", out);
        } else if (octet == '"' || octet == '\\') {
            (void)fprintf(out, "\\%c", octet);
        } else if (octet < 0x20 || octet >= 0x7F) {
            (void)fprintf(out, "\\x%02x", octet);
        } else {
            (void)fputc(octet, out);
        }
    }
}

char *visible_text(struct span octets)
{
    char *text = memory_alloc(octets.len * 4 + 1);
    size_t len = 0;
    while (octets.len != 0) {
        struct visible v = visible_next(octets);
        memcpy(text + len, v.text, v.len);
        len += v.len;
        octets = span_from(octets, v.taken);
    }
    text[len] = '\0';
    return text;
}

char *visible_count(uint64_t number)
{
    char digits[32];
    size_t pos = sizeof digits;
    unsigned count = 0;
    digits[--pos] = '\0';
    do {
        if (count != 0 && count % 3 == 0) {
            digits[--pos] = ',';
        }
        digits[--pos] = (char)('0' + number % 10);
        number /= 10;
        count++;
    } while (number != 0);
    return memory_text(span_text(digits + pos));
}
