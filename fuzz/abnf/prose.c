/* SPDX-License-Identifier: MIT */
#include "fuzz/abnf/prose.h"

static size_t fail(size_t *far, size_t pos)
{
    *far = pos;
    return SIZE_MAX;
}

/* 1*DIGIT of at most max. Leading zeros are right unless the first digit must not be zero. */
static size_t match_digits(struct span in, size_t pos, size_t *far, uint64_t max, bool nonzero)
{
    size_t at = pos;
    uint64_t value = 0;
    if (nonzero && at < in.len && in.ptr[at] == '0') {
        return fail(far, at);
    }
    while (at < in.len && in.ptr[at] >= '0' && in.ptr[at] <= '9') {
        unsigned digit = in.ptr[at] - (unsigned)'0';
        if (value > (max - digit) / 10) {
            return fail(far, at);
        }
        value = value * 10 + digit;
        at++;
    }
    return at == pos ? fail(far, at) : at - pos;
}

/* Boundaries come often. */
static void generate_digits(struct out *out, struct abnf_random *random, size_t room, uint64_t min,
                            uint64_t max)
{
    const uint64_t values[] = {min,   max,   1,          9,          10,         255,
                               65535, 65536, 2147483647, 2147483648, 4294967295, max - 1};
    uint64_t value = values[abnf_random_below(random, sizeof values / sizeof *values)];
    if (abnf_random_below(random, 2) == 0) {
        value = abnf_random_next(random) >> abnf_random_below(random, 64);
    }
    value = value > max ? max : value < min ? min : value;
    uint64_t top = 9;
    for (size_t digits = 1; digits < room && top < max; digits++) {
        top = top > (max - 9) / 10 ? max : top * 10 + 9;
    }
    value = value > top ? top : value;
    out_number(out, value);
}

#define NUMBER63 0x7FFFFFFFFFFFFFFFU

#define NUMBER(name, nonzero, min, max)                                                            \
    static size_t match_##name(struct span in, size_t pos, size_t *far)                            \
    {                                                                                              \
        return match_digits(in, pos, far, (max), (nonzero));                                       \
    }                                                                                              \
    static void generate_##name(struct out *out, struct abnf_random *random, size_t room)          \
    {                                                                                              \
        generate_digits(out, random, room, (min), (max));                                          \
    }
NUMBER(number32, false, 0, UINT32_MAX)
NUMBER(nonzero32, true, 1, UINT32_MAX)
NUMBER(number63, false, 0, NUMBER63)
NUMBER(number64, false, 0, UINT64_MAX)
NUMBER(nonzero63, true, 1, NUMBER63)

enum literal { LITERAL_SYNC = 1, LITERAL_PLUS = 2, LITERAL_8 = 4 };

/* "{" number ["+"] "}" CRLF and that many octets, NUL only in a literal8. */
static size_t match_literal(struct span in, size_t pos, size_t *far, unsigned forms)
{
    size_t at = pos;
    if ((forms & LITERAL_8) != 0) {
        if (at >= in.len || in.ptr[at] != '~') {
            return fail(far, at);
        }
        at++;
    }
    if (at >= in.len || in.ptr[at] != '{') {
        return fail(far, at);
    }
    size_t number = ++at;
    size_t digits = match_digits(in, at, far, NUMBER63, false);
    if (digits == SIZE_MAX) {
        return SIZE_MAX;
    }
    uint64_t len = 0;
    for (at += digits; number < at; number++) {
        len = len * 10 + in.ptr[number] - '0';
    }
    if ((forms & LITERAL_PLUS) != 0 && at < in.len && in.ptr[at] == '+') {
        at++;
    }
    static const uint8_t tail[] = "}\r\n";
    for (size_t i = 0; i < 3; i++, at++) {
        if (at >= in.len || in.ptr[at] != tail[i]) {
            return fail(far, at);
        }
    }
    if (len > in.len - at) {
        return fail(far, in.len);
    }
    for (size_t i = 0; i < len && (forms & LITERAL_8) == 0; i++) {
        if (in.ptr[at + i] == 0) {
            return fail(far, at + i);
        }
    }
    return at + (size_t)len - pos;
}

static size_t size_digits(size_t value)
{
    size_t digits = 1;
    for (; value >= 10; value /= 10) {
        digits++;
    }
    return digits;
}

static void generate_literal(struct out *out, struct abnf_random *random, size_t room,
                             unsigned forms)
{
    static const uint8_t likely[] = "abc XYZ019\r\n\r\n(){}\"\\%*.<>@\x80\xC3\xA9\xFF\t~+&-";
    bool plus = (forms & LITERAL_PLUS) != 0 && room > 6 && abnf_random_below(random, 2) == 0;
    size_t head = 4U + ((forms & LITERAL_8) != 0) + plus;
    size_t len = abnf_random_below(random, abnf_random_below(random, 8) == 0 ? 300 : 12);
    while (len > 0 && head + size_digits(len) + len > room) {
        len--;
    }
    out_text(out, (forms & LITERAL_8) != 0 ? "~{" : "{");
    out_number(out, len);
    out_text(out, plus ? "+}\r\n" : "}\r\n");
    for (size_t i = 0; i < len; i++) {
        uint8_t octet = likely[abnf_random_below(random, sizeof likely - 1)];
        if (abnf_random_below(random, 4) == 0) {
            octet = (uint8_t)abnf_random_next(random);
        }
        out_octet(out, octet == 0 && (forms & LITERAL_8) == 0 ? '0' : octet);
    }
}

#define LITERAL(name, forms)                                                                       \
    static size_t match_##name(struct span in, size_t pos, size_t *far)                            \
    {                                                                                              \
        return match_literal(in, pos, far, (forms));                                               \
    }                                                                                              \
    static void generate_##name(struct out *out, struct abnf_random *random, size_t room)          \
    {                                                                                              \
        generate_literal(out, random, room, (forms));                                              \
    }
LITERAL(sync, LITERAL_SYNC)
LITERAL(any, LITERAL_SYNC | LITERAL_PLUS)
LITERAL(sync8, LITERAL_SYNC | LITERAL_8)
LITERAL(any8, LITERAL_SYNC | LITERAL_PLUS | LITERAL_8)

static const struct abnf_prose table[] = {
    {"number32", 1, match_number32, generate_number32},
    {"nonzero32", 1, match_nonzero32, generate_nonzero32},
    {"number63", 1, match_number63, generate_number63},
    {"number64", 1, match_number64, generate_number64},
    {"nonzero63", 1, match_nonzero63, generate_nonzero63},
    {"literal", 5, match_sync, generate_sync},
    {"literal+", 5, match_any, generate_any},
    {"literal8", 6, match_sync8, generate_sync8},
    {"literal8+", 6, match_any8, generate_any8},
};

const struct abnf_prose *abnf_prose_find(struct span name)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (span_is(name, table[i].name)) {
            return &table[i];
        }
    }
    return NULL;
}
