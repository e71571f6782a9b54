/* SPDX-License-Identifier: MIT */
/* The known failures: a text file with a line for each,

       case[row]  requirement  verdict  until  reason

   "*" stands for any, also inside the case's name; judge:RULE in place of a case is a finding of
   the always-on judge. until is a date (2027-03-01, from when on the line no longer counts) or "-".
 */
#ifndef REPORTS_BASELINE_H
#define REPORTS_BASELINE_H

#include "reports/problem.h"
#include "reports/result.h"

struct baseline_entry {
    char *name; /* case, case[row], or judge:RULE */
    char *requirement;
    char *verdict;
    char *until;
    char *reason;
    unsigned line;
    bool expired;
    bool used;  /* something in the run matches */
    bool stale; /* expired, or what it knows did not happen although it was tried */
};

struct baseline {
    char *file;
    struct baseline_entry *entries;
    size_t count;
};

/* Reads a baseline; today is "2026-11-20". */
MUST_USE bool baseline_load(struct baseline *baseline, const char *file, const char *today,
                            struct problems *problems);

/* Marks what the baseline knows in the run, and the baseline's entries as used or stale; whole:
   everything was selected, so that a judge's finding which is missing has really gone. */
void baseline_apply(struct baseline *baseline, struct run *run, bool whole);

/* The baseline knows this result. */
bool baseline_knows(struct baseline *baseline, const struct case_result *result);

/* Adds what the run found and the baseline does not know; writes all that is not stale. */
void baseline_write(const struct baseline *baseline, const struct run *run, FILE *out);

size_t baseline_stale_count(const struct baseline *baseline);

/* The pattern, in which * stands for any octets and ? for one, fits the text as a whole. */
bool glob_match(const char *pattern, const char *text);

/* A verdict that a baseline can know: fail, nonstrict, flaky, crash, blocked, error. */
bool verdict_is_bad(enum verdict verdict);

void baseline_fini(struct baseline *baseline);

#endif
