/* SPDX-License-Identifier: MIT */
/* Named misbehaviour of the built-in server, off by default. Each fault breaks one rule or
   requirement and is asked for at the one place in the code where that rule is kept. */
#ifndef SERVER_FAULT_H
#define SERVER_FAULT_H

#include "parsers/rule.h"
#include "session/session.h"

enum fault {
#define FAULT(id, name, protocol, breaks, level, text) FAULT_##id,
#include "server/fault.def"
#undef FAULT
    FAULT_COUNT
};

struct fault_info {
    const char *name; /* "smtp.greeting-missing-code" */
    enum protocol protocol;
    const char *breaks; /* a rule's name, a requirement id, or a section where neither fits */
    enum level level;
    const char *text; /* one line: what the server does */
};

struct fault_set {
    uint64_t bits[(FAULT_COUNT + 63) / 64];
};

const struct fault_info *fault_info(enum fault fault);

/* FAULT_COUNT when there is no such fault. */
enum fault fault_by_name(struct span name);

static inline void fault_set_add(struct fault_set *set, enum fault fault)
{
    set->bits[(unsigned)fault / 64] |= (uint64_t)1 << (unsigned)fault % 64;
}

static inline bool fault_set_has(const struct fault_set *set, enum fault fault)
{
    return (set->bits[(unsigned)fault / 64] >> (unsigned)fault % 64 & 1) != 0;
}

#endif
