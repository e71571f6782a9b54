/* SPDX-License-Identifier: MIT */
/* Every leniency of the parsers: a bit that is off by default, the rule it bends, what it accepts.
   A quirk that was taken is a deviation on the parse's list, so it is never silent. */
#ifndef PARSERS_QUIRK_H
#define PARSERS_QUIRK_H

#include "parsers/rule.h"

enum quirk {
    QUIRK_NONE = 0,
#define QUIRK(id, rule, accepts) QUIRK_##id,
#include "parsers/quirk.def"
#undef QUIRK
    QUIRK_COUNT,
};

/* A set of quirks. */
struct quirks {
    uint64_t bits[4];
};

struct quirk_info {
    const char *name;    /* "IMAP_RESP_TEXT_EMPTY" */
    enum rule rule;      /* the rule that it bends */
    const char *accepts; /* in words */
};

_Static_assert(QUIRK_COUNT <= 256, "struct quirks has one bit for each quirk");

static inline bool quirks_has(const struct quirks *q, enum quirk quirk)
{
    return (q->bits[(unsigned)quirk / 64] >> ((unsigned)quirk % 64) & 1) != 0;
}

static inline void quirks_add(struct quirks *q, enum quirk quirk)
{
    q->bits[(unsigned)quirk / 64] |= (uint64_t)1 << ((unsigned)quirk % 64);
}

/* All of them, for judging: the parser goes on wherever it can. */
#define QUIRKS_ALL ((struct quirks){{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}})
#define QUIRKS_STRICT ((struct quirks){{0, 0, 0, 0}})

const struct quirk_info *quirk_info(enum quirk quirk);

#endif
