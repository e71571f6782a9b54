/* SPDX-License-Identifier: MIT */
/* A span is a borrowed run of octets: pointer and length, never NUL-terminated. It owns nothing
   and lives as long as the octets it points into. */
#ifndef PARSERS_CORE_SPAN_H
#define PARSERS_CORE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MUST_USE __attribute__((warn_unused_result))

struct span {
    const uint8_t *ptr;
    size_t len; /* octets */
};

/* The octets of a string literal, without its NUL. */
#define SPAN_LIT(text) ((struct span){(const uint8_t *)("" text), sizeof(text) - 1})

/* The same as an initializer of static tables. */
#define SPAN_INIT(text)                                                                            \
    {                                                                                              \
        (const uint8_t *)("" text), sizeof(text) - 1                                               \
    }

/* The octets of NUL-terminated text that we wrote; NULL gives the empty span. */
static inline struct span span_text(const char *text)
{
    struct span out = {(const uint8_t *)text, 0};
    while (text != NULL && text[out.len] != '\0') {
        out.len++;
    }
    return out;
}

/* len octets of s from pos on, cut to what s has. */
static inline struct span span_sub(struct span s, size_t pos, size_t len)
{
    if (s.len == 0) {
        return s; /* it may have no pointer */
    }
    if (pos > s.len) {
        pos = s.len;
    }
    if (len > s.len - pos) {
        len = s.len - pos;
    }
    return (struct span){s.ptr + pos, len};
}

static inline struct span span_from(struct span s, size_t pos)
{
    return span_sub(s, pos, s.len);
}

static inline bool span_equal(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline uint8_t octet_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* Equal but for the case of ASCII letters. */
static inline bool span_equal_nocase(struct span a, struct span b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (a.ptr[i] != b.ptr[i] && octet_lower(a.ptr[i]) != octet_lower(b.ptr[i])) {
            return false;
        }
    }
    return true;
}

/* s is this text, but for the case of ASCII letters. */
static inline bool span_is(struct span s, const char *text)
{
    size_t i = 0;
    while (
        text != NULL && i < s.len && text[i] != '\0' &&
        (s.ptr[i] == (uint8_t)text[i] || octet_lower(s.ptr[i]) == octet_lower((uint8_t)text[i]))) {
        i++;
    }
    return i == s.len && (text == NULL || text[i] == '\0');
}

static inline bool span_starts_nocase(struct span s, struct span start)
{
    return s.len >= start.len && span_equal_nocase(span_sub(s, 0, start.len), start);
}

#endif
