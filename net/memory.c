/* SPDX-License-Identifier: MIT */
#include "net/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void *checked(void *block)
{
    if (block == NULL) {
        (void)fputs("postel: out of memory\n", stderr);
        exit(5);
    }
    return block;
}

void *memory_alloc(size_t len)
{
    return checked(malloc(len == 0 ? 1 : len));
}

void *memory_zero(size_t count, size_t size)
{
    return checked(calloc(count == 0 ? 1 : count, size == 0 ? 1 : size));
}

void *memory_resize(void *block, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) {
        return checked(NULL);
    }
    return checked(realloc(block, count * size == 0 ? 1 : count * size));
}

uint8_t *memory_copy(struct span octets)
{
    uint8_t *copy = memory_alloc(octets.len + 1);
    if (octets.len != 0) {
        memcpy(copy, octets.ptr, octets.len);
    }
    copy[octets.len] = 0;
    return copy;
}

char *memory_text(struct span octets)
{
    return (char *)memory_copy(octets);
}

char *memory_format(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    size_t size = (len < 0 ? 0 : (size_t)len) + 1;
    char *text = memory_zero(size, 1);
    va_start(args, format);
    (void)vsnprintf(text, size, format, args);
    va_end(args);
    return text;
}

void memory_free(void *block)
{
    free(block);
}

void memory_wipe(void *block, size_t len)
{
    volatile uint8_t *octets = block;
    while (len-- != 0) {
        *octets++ = 0;
    }
}
