/* SPDX-License-Identifier: MIT */
/* Plays programs of the fuzzer as cases, many at a time, and says what came of each. */
#ifndef CLI_FUZZ_RUN_H
#define CLI_FUZZ_RUN_H

#include "cli/data.h"
#include "fuzz/live/program.h"
#include "reports/result.h"
#include "scenarios/engine/runner.h"
#include "scenarios/engine/target.h"

struct fuzz_run {
    struct data *data;
    const struct target *target;
    const struct run_options *options;
    bool maildrop;    /* IMAP can fill the maildrop for POP3 */
    bool interrupted; /* set when a signal ended a run */
};

/* What is wrong with a server: a rule of the judge's, or a case that failed. */
struct symptom {
    enum rule rule; /* RULE_NONE: a verdict */
    enum verdict verdict;
    char *text; /* of a verdict: what came instead of an answer */
};

/* Plays them; out holds a result for each, in the order of their numbers, unless the run was cut
   short. The caller gives out to run_fini(). */
MUST_USE enum runner_rc fuzz_play(struct fuzz_run *f, const struct program *programs, size_t count,
                                  struct run *out);

/* The number of the program that this result is of. */
size_t fuzz_number(const struct case_result *result);

/* Takes lines out of the program as long as it shows the symptom. False: it does not show it, not
   even as it is. */
MUST_USE bool fuzz_minimise(struct fuzz_run *f, struct program *program,
                            const struct symptom *symptom);

#endif
