/* SPDX-License-Identifier: MIT */
/* What a person sees: on a terminal one status line while cases run, in a log only failures and a
   heartbeat; at the end what the judge found on the way, and the sums. */
#ifndef REPORTS_TERMINAL_H
#define REPORTS_TERMINAL_H

#include "reports/report.h"
#include "reports/transcript.h"

enum progress { PROGRESS_NONE, PROGRESS_LINE, PROGRESS_BAR };

enum { TERMINAL_RUNNING_MAX = 64 };

struct terminal {
    FILE *out;
    struct style style;
    enum progress progress;
    unsigned verbose;                       /* 1: transcripts of failures; 2: of all cases */
    bool quiet;                             /* only the sums */
    const struct requirement_register *reg; /* or NULL */
    struct baseline *baseline;              /* or NULL */
    const char *again;                      /* see struct report */
    const char *version;
    unsigned jobs;
    /* --- its own --- */
    size_t done;
    size_t failed;
    char *running[TERMINAL_RUNNING_MAX];
    double drawn;   /* when the status line was drawn last, in seconds */
    bool line_open; /* the status line stands on the terminal */
};

/* The listener's functions; context is a struct terminal. */
void terminal_begun(void *context, const struct run *run);
void terminal_case_begun(void *context, const struct run *run, const char *id);
void terminal_case_ended(void *context, const struct run *run, const struct case_result *result);

/* The end of the report; the baseline has been applied. */
void terminal_finish(struct terminal *terminal, const struct report *report);

/* One case as it is told when it fails. */
void terminal_print_case(struct terminal *terminal, const struct case_result *result);

void terminal_fini(struct terminal *terminal);

#endif
