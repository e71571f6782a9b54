/* SPDX-License-Identifier: MIT */
/* How long a server takes for its replies: once that is known, one that is missing is recognised
   sooner than by the usual deadline. */
#ifndef SCENARIOS_ENGINE_PACE_H
#define SCENARIOS_ENGINE_PACE_H

#include "parsers/core/span.h"

enum { PACE_STEPS = 24 };

struct pace {
    /* Whether replies that seemed to be missing came after all, to who waited long enough: some
       servers slow down clients that make mistakes. */
    enum { LATE_UNKNOWN, LATE_SEEN, LATE_NEVER } late;
    unsigned count;
    unsigned upto[PACE_STEPS]; /* [n]: replies that took less than 2^n ms, but not less than half */
};

void pace_add(struct pace *pace, uint64_t ms);

/* How long to wait for a reply that is usually waited for so long: never longer, 2 s at
   least, and 4 s while fewer than twenty are known; so long as fewer than three are known, unless
   who waited longer got none. */
uint64_t pace_patience(const struct pace *pace, uint64_t usual);

#endif
