/* SPDX-License-Identifier: MIT */
/* Runs the selected cases of a suite against a target, many at a time, and fills a struct run.
   It always comes to an end: every wait has a deadline, every buffer a limit. */
#ifndef SCENARIOS_ENGINE_RUNNER_H
#define SCENARIOS_ENGINE_RUNNER_H

#include "reports/result.h"
#include "scenarios/engine/suite.h"

struct target;

struct run_options {
    unsigned jobs;       /* cases at a time; 0: 4 */
    double time_scale;   /* stretches all waits; 0: 1 */
    uint64_t timeout_ms; /* for a reply; 0: 10 s */
    uint64_t seed;       /* of ${nonce} and ${rand} */
    unsigned allowed;    /* bits 1 << enum safety: what cases may do; safe is always allowed */
    unsigned retries;    /* runs after a missed deadline; 0: 2 */
    unsigned silent_max; /* cases that are run again after a missed deadline; 0: 20 */
    unsigned repeat;     /* each case so many times; 0: once */
    size_t max_failures; /* stop after so many; 0: never */
    const char *profile; /* "rfc5321 rfc9051 …", or NULL: all */
    bool keep_passed;    /* transcripts of passed cases too */
    bool keep_whole;     /* transcripts without limits on lines */
    const volatile int *interrupt; /* set by a signal: stop soon; or NULL */
};

enum runner_rc {
    RUNNER_OK = 0,
    RUNNER_UNREACHABLE, /* no connection, or the target's credentials were refused */
    RUNNER_NOTHING,     /* nothing was selected */
};

/* out is filled in any case (reason in run->results). run_fini() frees it. */
MUST_USE enum runner_rc runner_run(const struct suite *suite, const struct target *target,
                                   const struct run_options *options,
                                   const struct run_listener *listener, struct run *out);

#endif
