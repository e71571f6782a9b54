/* SPDX-License-Identifier: MIT */
/* What the runs of a self-test prove, and how that is told. */
#ifndef CLI_SELFTEST_REPORT_H
#define CLI_SELFTEST_REPORT_H

#include "cli/data.h"
#include "cli/selftest_run.h"

struct selftest {
    struct data data;
    struct suite suite;
    struct selftest_run *runs; /* the correct server first, unless only faults were named */
    size_t run_count;
    const char *folder;
    bool show_progress;
    bool verbose;
    bool all_cases;
    bool all_faults;
    bool written; /* the table is made anew, so it cannot be old */
    struct selftest_words complaints;
};

/* Fills complaints. */
void selftest_judge(struct selftest *test);

void selftest_print(const struct selftest *test);
void selftest_print_json(const struct selftest *test);

/* Writes scenarios/killed.tsv; false after a message. */
MUST_USE bool selftest_write(const struct selftest *test);

void selftest_fini(struct selftest *test);

#endif
