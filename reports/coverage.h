/* SPDX-License-Identifier: MIT */
/* How much of each RFC is tested: its requirements, how many of them can be tested at all, how many
   a case or a rule of the judge cites, and how many were violated. */
#ifndef REPORTS_COVERAGE_H
#define REPORTS_COVERAGE_H

#include "reports/register.h"
#include "reports/result.h"

struct coverage_rfc {
    unsigned rfc;
    size_t requirements;
    size_t testable;
    size_t tested;
    size_t violated;
};

struct coverage {
    const struct requirement_register *reg;
    uint8_t *marks; /* one for each requirement */
    struct coverage_rfc *rfcs;
    size_t count;
};

/* An empty coverage of the register, with what the judge's rules cite marked as tested. */
void coverage_init(struct coverage *coverage, const struct requirement_register *reg);

/* A case cites the requirement; unknown ids are left out. */
void coverage_cite(struct coverage *coverage, const char *id);

/* Adds what a run cited and what it found violated. */
void coverage_add_run(struct coverage *coverage, const struct run *run);

/* Counts; coverage->rfcs is valid from now on, in ascending order. */
void coverage_sum(struct coverage *coverage);

void coverage_fini(struct coverage *coverage);

#endif
