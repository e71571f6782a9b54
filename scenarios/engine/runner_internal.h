/* SPDX-License-Identifier: MIT */
/* What the files of the runner share. */
#ifndef SCENARIOS_ENGINE_RUNNER_INTERNAL_H
#define SCENARIOS_ENGINE_RUNNER_INTERNAL_H

#include "scenarios/engine/play.h"
#include "scenarios/engine/runner.h"

enum job_state { JOB_WAITS, JOB_RUNS, JOB_OVER };

struct job {
    const struct scenario *scenario;
    const struct case_row *row;
    unsigned repetition; /* from 0; each makes mailboxes of its own */
    enum job_state state;
    enum verdict verdict;
    unsigned attempts;   /* after missed deadlines */
    unsigned silences;   /* attempts that missed a deadline */
    bool hurried;        /* one of them was sooner than usual: an answer later on is no fault */
    unsigned busy;       /* times the server was too busy to greet */
    unsigned renumbered; /* times that POP3 had the messages in another order than IMAP, perhaps */
    uint64_t not_before;
    bool alone;
    size_t lane; /* in which it runs */
    bool last;   /* @tags last: after all others, as servers slow down whoever fails to log in */
    struct play *play;
    size_t result; /* index in run->results */
};

/* A set of the target's accounts. What runs in one lane is in nobody's way in another: there are
   other maildrops to lock, and other mailboxes to make. */
struct lane {
    struct target view; /* the target with these accounts */
    unsigned active;    /* cases that run in it */
    bool shut;          /* a login was refused */
};

struct runner {
    struct loop *loop;
    struct loop_timer *tick;
    const struct suite *suite;
    const struct target *target;
    const struct run_options *options;
    const struct run_listener *listener;
    struct run *run;
    struct run_variable *variables; /* what the probes found */
    size_t variable_count;
    struct lane *lanes; /* at least one */
    size_t lane_count;
    struct job *jobs;
    size_t job_count;
    size_t *order; /* result index to job */
    struct probe *probes;
    size_t probe_count;
    struct tls_context **tls;
    struct pace *paces; /* one for each URL of the target */
    uint64_t begun_us;
    size_t stride;   /* from the job that is started to the next one */
    unsigned limit;  /* cases at a time */
    unsigned active; /* cases that run */
    size_t failures;
    unsigned silent; /* cases that are run again after a missed deadline */
    unsigned unmade; /* cases in a row whose fixture was not answered */
    bool interrupted;
    bool stop;
    bool alone_first;     /* cases that wait to be run alone come before new ones */
    char *gone;           /* why the rest is blocked; or NULL */
    size_t scripts;       /* plays of our own that run: probes or a canary */
    uint64_t patience_ms; /* of the canary, for each wait; 0: the usual */
};

/* Something that is told once, however many cases it concerns. */
void runner_notice(struct runner *r, const char *text);

/* Moves the findings of a play to the run, and their indices to the case's result. */
void runner_take_findings(struct runner *r, struct play *play, struct case_result *result);

/* Frees a play with what it found. */
void runner_discard(struct play **play);

/* The user asked for the end of the run. */
bool runner_is_interrupted(struct runner *r);
uint64_t runner_seed(const struct runner *r, const char *id, const char *row, unsigned attempt);
struct play_config runner_config(struct runner *r, const struct scenario *s,
                                 const struct case_row *row, double scale);

/* The server greeted by saying that it has no time. */
bool runner_is_busy(const struct play *play);

void runner_variable_add(struct runner *r, struct run_variable variable);

/* Looks at every URL: fills the probes and the run's peers. */
void runner_probe(struct runner *r);

/* The servers of this protocol ("delivery": all) still greet and answer. Ends within seconds. */
bool runner_target_lives(struct runner *r, const char *protocol);

#endif
