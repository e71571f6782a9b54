/* SPDX-License-Identifier: MIT */
#include "tests/bench/speed/shape.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "net/memory.h"
#include "parsers/core/frame.h"
#include "parsers/imap/response.h"

/* glibc's own, behind the names that are counted here. */
void *__libc_malloc(size_t len);
void *__libc_calloc(size_t count, size_t len);
void *__libc_realloc(void *block, size_t len);

static size_t allocations;

void *malloc(size_t len)
{
    allocations++;
    return __libc_malloc(len);
}

void *calloc(size_t count, size_t len)
{
    allocations++;
    return __libc_calloc(count, len);
}

void *realloc(void *block, size_t len)
{
    allocations++;
    return __libc_realloc(block, len);
}

size_t shape_allocations(void)
{
    return allocations;
}

enum { LONGEST = 64 * 1024 * 1024, ARENA = 1024 * 1024 * 1024 };

/* A unit of one shape: head, then as many repeats as fit, then tail (twice where it closes). */
struct shape {
    const char *name;
    const char *head;
    const char *repeat;
    const char *last;  /* behind the repeats */
    const char *close; /* once for each repeat */
    const char *tail;
    size_t most; /* repeats; 0: as many as fit */
};

static const struct shape shapes[] = {
    {"quoted string", "* 1 FETCH (PREVIEW \"", "a", "", "", "\")\r\n", 0},
    {"escaped octets", "* 1 FETCH (PREVIEW \"", "\\\"", "", "", "\")\r\n", 0},
    {"flags", "* FLAGS (", "\\Seen ", "\\Draft", "", ")\r\n", 0},
    {"addresses", "* 1 FETCH (ENVELOPE (NIL NIL (", "(NIL NIL \"a\" \"b\")", "", "",
     ") NIL NIL NIL NIL NIL NIL NIL))\r\n", 0},
    {"body parts", "* 1 FETCH (BODYSTRUCTURE (", "(\"A\" \"B\" NIL NIL NIL \"7BIT\" 1)", "", "",
     " \"MIXED\"))\r\n", 0},
    {"sequence set", "* VANISHED ", "1:3,", "9", "", "\r\n", 1000000},
    {"search numbers", "* SEARCH", " 4711", "", "", "\r\n", 0},
    {"nesting", "* 1 FETCH (X-ANY ", "(", "A", ")", ")\r\n", 10000},
    {"text", "* OK ", "text ", ".", "", "\r\n", 0},
};

static size_t put(uint8_t *out, const char *text)
{
    size_t len = strlen(text);
    memcpy(out, text, len);
    return len;
}

static size_t make(const struct shape *s, size_t len, uint8_t *out)
{
    size_t each = strlen(s->repeat) + strlen(s->close);
    size_t count = len / each;
    count = s->most > 0 && count > s->most ? s->most : count;
    size_t end = put(out, s->head);
    for (size_t i = 0; i < count; i++) {
        end += put(out + end, s->repeat);
    }
    end += put(out + end, s->last);
    for (size_t i = 0; i < count; i++) {
        end += put(out + end, s->close);
    }
    return end + put(out + end, s->tail);
}

static double seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool parse(struct span octets, struct arena *arena)
{
    struct frame frame;
    struct frame_unit unit;
    struct parse p;
    struct imap_response response;
    frame_init(&frame);
    frame.limit = SIZE_MAX;
    frame_set_mode(&frame, FRAME_MODE_IMAP);
    if (frame_next(&frame, octets, &unit) != FRAME_OK) {
        return false;
    }
    arena_release(arena, 0);
    parse_init(&p, unit.octets, 0, arena);
    p.depth = 10010;
    return imap_parse_response(&p, &response) == PARSE_OK;
}

/* Nanoseconds per octet, the best of a few; the shortest units are repeated. */
static double cost(struct span octets, struct arena *arena)
{
    double best = 1e9;
    size_t repeats = octets.len < 1000000 ? 1000000 / octets.len : 1;
    for (unsigned round = 0; round < 3; round++) {
        double start = seconds();
        for (size_t i = 0; i < repeats; i++) {
            if (!parse(octets, arena)) {
                return -1;
            }
        }
        double each = (seconds() - start) * 1e9 / (double)repeats / (double)octets.len;
        best = each < best ? each : best;
    }
    return best;
}

void shape_linear(void)
{
    uint8_t *octets = memory_alloc(LONGEST + 4096);
    void *block = memory_alloc(ARENA);
    struct arena arena;
    arena_init(&arena, block, ARENA);
    (void)printf("\nns per octet of one unit of this length\n  %-16s", "");
    for (size_t len = 1024; len <= LONGEST; len *= 16) {
        (void)printf(len < 1024 * 1024 ? " %5zu KiB" : " %5zu MiB",
                     len < 1024 * 1024 ? len / 1024 : len / 1024 / 1024);
    }
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        (void)printf("\n  %-16s", shapes[i].name);
        size_t before = 0;
        for (size_t len = 1024; len <= LONGEST; len *= 16) {
            size_t there = make(&shapes[i], len, octets);
            /* Fewer octets where the number of repeats is limited. */
            double ns = there == before ? -1 : cost((struct span){octets, there}, &arena);
            before = there;
            (void)printf(ns < 0 ? "         -" : " %9.2f", ns);
        }
    }
    (void)printf("\n");
    memory_free(block);
    memory_free(octets);
}
