/* SPDX-License-Identifier: MIT */
/* The oracles for one unit and its parser: all that must hold whatever the octets are. Each ends
   the program with a line on standard error when it is broken. */
#ifndef FUZZ_CHECK_UNIT_H
#define FUZZ_CHECK_UNIT_H

#include "fuzz/check/check.h"

/* A kind of unit: how it is read, written, and looked over. context is the caller's. */
struct unit_kind {
    size_t value_size; /* octets of the value, at most UNIT_VALUE */
    enum parse_rc (*parse)(struct parse *p, const void *context, void *value);
    void (*emit)(struct out *out, const void *context, const void *value); /* NULL: never written */
    void (*spans)(const void *value, struct span in); /* NULL: no span is looked at */
};

enum {
    UNIT_VALUE = 4096,
    UNIT_LONGEST = 64 * 1024, /* longer ones are not looked at */
};

/* Parses the unit and holds the parser to its contract:
   - the unit is right or broken, to its end; an error or a deviation names a rule and lies inside;
   - spans of the value lie inside the unit;
   - emit(parse(unit)) is the unit where nothing deviates, and so parse(emit(value)) the value; what
     deviates is written within bounds;
   - the lenient parse deviates nowhere exactly when the strict one accepts;
   - a smaller arena, be it by one octet, ends in a limit error and in nothing else.
   Returns what the parse did; its values are gone. */
enum parse_rc check_unit(const struct unit_kind *kind, const void *context, struct span unit,
                         uint32_t profile, bool lenient);

#endif
