/* SPDX-License-Identifier: MIT */
#include "fuzz/check/unit.h"

enum { ARENA = 1024 * 1024, BASE = 77 };

struct look {
    const struct unit_kind *kind;
    const void *context;
    uint32_t profile;
};

/* What a parse uses; values and deviations live here until the next one. */
struct attempt {
    struct arena arena;
    struct parse p;
    enum parse_rc rc;
    _Alignas(16) uint8_t value[UNIT_VALUE];
};

static _Alignas(16) uint8_t block[ARENA];
static uint8_t written[2 * UNIT_LONGEST];

static void attempt(struct attempt *a, const struct look *look, struct span unit, bool lenient,
                    size_t room)
{
    arena_init(&a->arena, block, room);
    parse_init(&a->p, unit, BASE, &a->arena);
    a->p.quirks = lenient ? QUIRKS_ALL : QUIRKS_STRICT;
    a->p.profile = look->profile;
    a->rc = look->kind->parse(&a->p, look->context, a->value);
    check_parse(&a->p, a->rc);
    CHECK(a->rc != PARSE_NOMATCH, "a unit is there or is broken");
    CHECK(a->rc != PARSE_OK || a->p.pos == unit.len, "a unit is parsed, but not to its end");
    CHECK(lenient || a->p.deviations == NULL, "a strict parse has deviations");
}

static void check_written(const struct look *look, const struct attempt *a)
{
    struct out out;
    out_init(&out, written, sizeof written);
    look->kind->emit(&out, look->context, a->value);
    check_round_trip(&a->p, a->rc, &out);
}

/* Without the last octet, or with any smaller part that the unit's octets choose. */
static size_t less(size_t used, struct span unit)
{
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < unit.len; i++) {
        hash = (hash ^ unit.ptr[i]) * 16777619U;
    }
    return (hash & 0x10000U) != 0 ? used - 1 : hash % used;
}

static void check_arena(const struct look *look, struct span unit, bool lenient, size_t used)
{
    static struct attempt small;
    attempt(&small, look, unit, lenient, less(used, unit));
    CHECK(small.rc == PARSE_BAD, "a unit is parsed in less memory than it needs");
    CHECK(small.p.err.rule == RULE_LIMIT_ARENA, "memory is out, but the error is another one");
}

enum parse_rc check_unit(const struct unit_kind *kind, const void *context, struct span unit,
                         uint32_t profile, bool lenient)
{
    static struct attempt a;
    const struct look look = {kind, context, profile};
    CHECK(kind->value_size <= UNIT_VALUE, "the value needs more room");
    if (unit.len > UNIT_LONGEST) {
        return PARSE_NOMATCH;
    }
    attempt(&a, &look, unit, lenient, ARENA);
    enum parse_rc rc = a.rc;
    size_t used = a.arena.used;
    bool clean = rc == PARSE_OK && a.p.deviations == NULL;
    if (rc == PARSE_OK && kind->spans != NULL) {
        kind->spans(a.value, unit);
    }
    if (rc == PARSE_OK && kind->emit != NULL) {
        check_written(&look, &a);
    }
    if (rc == PARSE_OK && used > 0) {
        check_arena(&look, unit, lenient, used);
    }
    if (lenient && !(rc == PARSE_BAD && a.p.err.rule == RULE_LIMIT_ARENA)) {
        attempt(&a, &look, unit, false, ARENA);
        CHECK((a.rc == PARSE_OK) == clean,
              "strict and lenient parses disagree about what is right");
    }
    return rc;
}
