/* SPDX-License-Identifier: MIT */
#include "scenarios/engine/pace.h"

enum {
    FEW = 3, /* as many as the look at the target before the run brings */
    ENOUGH = 20,
    FACTOR = 20,
    LEAST_MS = 2000,
    LEAST_OF_FEW_MS = 4000,
};

void pace_add(struct pace *pace, uint64_t ms)
{
    unsigned n = 0;
    while (n + 1 < PACE_STEPS && ms >> n != 0) {
        n++;
    }
    pace->upto[n]++;
    pace->count++;
}

uint64_t pace_patience(const struct pace *pace, uint64_t usual)
{
    if (pace == NULL || (pace->count < FEW && pace->late != LATE_NEVER)) {
        return usual;
    }
    /* The time in which 99 of 100 replies have come. */
    unsigned slower = pace->count / 100;
    unsigned n = PACE_STEPS - 1;
    unsigned seen = pace->upto[n];
    while (n > 0 && seen <= slower) {
        seen += pace->upto[--n];
    }
    uint64_t patience = FACTOR * ((uint64_t)1 << n);
    uint64_t least = pace->count < ENOUGH ? LEAST_OF_FEW_MS : LEAST_MS;
    patience = patience < least ? least : patience;
    return patience < usual ? patience : usual;
}
