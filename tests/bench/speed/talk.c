/* SPDX-License-Identifier: MIT */
#include "tests/bench/speed/talk.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/memory.h"

void talk_init(struct talk *t, uint64_t seed)
{
    *t = (struct talk){.random = seed * 0x9E3779B97F4A7C15U + 1};
}

void talk_fini(struct talk *t)
{
    memory_free(t->side[SIDE_CLIENT].octets);
    memory_free(t->side[SIDE_SERVER].octets);
    memory_free(t->turns);
}

/* Marsaglia's xorshift64. */
uint32_t talk_random(struct talk *t, uint32_t limit)
{
    t->random ^= t->random << 13;
    t->random ^= t->random >> 7;
    t->random ^= t->random << 17;
    return (uint32_t)((t->random >> 32) % limit);
}

static void append(struct talk *t, enum side side, const void *octets, size_t len)
{
    if (t->side[side].cap - t->side[side].len < len) {
        t->side[side].cap = t->side[side].cap * 2 + len + 4096;
        t->side[side].octets = memory_resize(t->side[side].octets, t->side[side].cap, 1);
    }
    memcpy(t->side[side].octets + t->side[side].len, octets, len);
    t->side[side].len += len;
    if (t->turn_count > 0 && t->turns[t->turn_count - 1].side == side) {
        t->turns[t->turn_count - 1].len += len;
        return;
    }
    if (t->turn_count == t->turn_cap) {
        t->turn_cap = t->turn_cap * 2 + 64;
        t->turns = memory_resize(t->turns, t->turn_cap, sizeof *t->turns);
    }
    t->turns[t->turn_count++] = (struct turn){side, len};
}

void talk_say(struct talk *t, enum side side, const char *format, ...)
{
    char text[4096];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (len < 0 || (size_t)len >= sizeof text) {
        abort();
    }
    append(t, side, text, (size_t)len);
}

void talk_message(struct talk *t, enum side side, size_t len, bool stuffed)
{
    static const char *const lines[] = {
        "The quick brown fox jumps over the lazy dog, and the lazy dog does not mind.\r\n",
        "On Mon, 5 Feb 2024 at 10:11, somebody wrote a line that is not quite as long:\r\n",
        "> quoted text\r\n",
        "\r\n",
        "JVBERi0xLjQKJcfsj6IKNSAwIG9iago8PC9MZW5ndGggNiAwIFIvRmlsdGVyIC9GbGF0ZURlY29k\r\n",
        "ZT4+CnN0cmVhbQp4nF1RwW6DMAy95yt8XA8Vga7bYYhDd+lh2rR2H5ASQyOVJArh0L9fEtp1HIL9\r\n",
    };
    static const char dotted[] = ".signature, and other words behind a dot\r\n";
    size_t sent = 0;
    for (unsigned i = 0; sent < len; i++) {
        if (stuffed && i % 40 == 39) {
            append(t, side, ".", 1);
            append(t, side, dotted, sizeof dotted - 1);
            sent += sizeof dotted;
            continue;
        }
        const char *line = lines[talk_random(t, sizeof lines / sizeof lines[0])];
        size_t left = len - sent;
        size_t whole = strlen(line);
        /* Without dots the length is exact: it was announced. */
        size_t part = stuffed || whole < left ? whole : left;
        append(t, side, line, part);
        sent += part;
    }
}
