/* SPDX-License-Identifier: MIT */
/* One run of the suite against a built-in server of its own, in a child process: what failed there,
   and which rules were found broken. */
#ifndef CLI_SELFTEST_RUN_H
#define CLI_SELFTEST_RUN_H

#include <stdio.h>

#include "scenarios/engine/suite.h"
#include "server/fault.h"

struct selftest_words {
    char **items;
    size_t count;
};

struct selftest_run {
    enum fault fault;     /* FAULT_COUNT: the correct server */
    const char *protocol; /* whose cases are run, delivery besides; NULL: all */
    bool finished;        /* the child came to its end */
    bool started;
    double seconds;
    bool *failed;                   /* by index in the suite */
    bool *ran;                      /* the same: a verdict was reached */
    struct selftest_words broken;   /* requirements that failed, rules with findings; in order */
    struct selftest_words problems; /* of a correct server: "smtp.quit: fail: expected …" */
    /* the child, while it runs */
    int pid;
    int pipe; /* -1: there is none */
    char *text;
    size_t len;
};

/* Starts the child. The suite, in which the cases are selected, must stay as it is until the run is
   over. folder: where it may write. */
void selftest_run_start(struct selftest_run *run, const struct suite *suite, const char *folder);

/* Takes what the child has said; false when it is over. */
MUST_USE bool selftest_run_read(struct selftest_run *run, const struct suite *suite);

/* Ends the child if it runs still. */
void selftest_run_fini(struct selftest_run *run);

MUST_USE bool selftest_words_has(const struct selftest_words *words, const char *word);

/* Does the run have cases of this protocol? */
bool selftest_run_wants(const struct selftest_run *run, const struct scenario *scenario);

#endif
