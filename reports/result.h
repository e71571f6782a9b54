/* SPDX-License-Identifier: MIT */
/* What a run of scenarios found: the one structure that the runner fills and all report formats
   read. All text and octets are owned by the struct that holds them (heap). Times are in
   milliseconds since the run began. */
#ifndef REPORTS_RESULT_H
#define REPORTS_RESULT_H

#include "parsers/core/span.h"
#include "parsers/rule.h"
#include "session/finding.h"

enum verdict {
    VERDICT_PASS,
    VERDICT_FAIL,
    VERDICT_NONSTRICT, /* a SHOULD is not followed */
    VERDICT_INFO,      /* which of several permitted ways the peer took */
    VERDICT_NA,        /* a precondition is not advertised or not declared */
    VERDICT_SKIP,      /* not selected, or not permitted by the safety level */
    VERDICT_BLOCKED,   /* set-up, dependency or canary failed */
    VERDICT_FLAKY,
    VERDICT_CRASH,
    VERDICT_ERROR, /* our own fault */
    VERDICT_COUNT,
};

struct transcript_line {
    double ms;
    char *conn; /* connection name; "" when there is only one */
    char dir;   /* 'C', 'S', or '-' for a remark such as "TLS 1.3 started" */
    bool tls;
    bool marked;     /* the line at which the case failed */
    uint8_t *data;   /* secrets already replaced */
    size_t len;      /* octets kept in data */
    uint64_t folded; /* octets left out behind data */
};

struct requirement_verdict {
    char *id; /* "rfc5321:4.1.1-4" */
    enum level level;
    enum verdict verdict;
};

struct observation {
    char *name;
    char *value;
};

struct case_result {
    char *id;  /* "smtp.pipelining.cut" */
    char *row; /* "n=7", or NULL */
    char *title;
    char *protocol; /* "smtp", …, "delivery" */
    char *file;     /* relative to the scenarios folder */
    unsigned line;  /* where the case failed, else where it begins; from 1 */
    char *why;      /* what failing means in practice, or NULL */
    enum verdict verdict;
    bool known; /* the baseline has it */
    double start_ms;
    double ms;      /* how long it took */
    char *expected; /* in the script's notation, or NULL */
    char *actual;   /* what came instead, one line; or the reason of n/a, skip, blocked, error */
    struct requirement_verdict *requirements;
    size_t requirement_count;
    struct observation *observations;
    size_t observation_count;
    struct transcript_line *transcript;
    size_t transcript_count;
    size_t *findings; /* indices into the run's findings */
    size_t finding_count;
};

struct run_finding {
    enum rule rule;
    enum side side;
    bool consequence;
    bool known;
    char *case_id; /* with row: "smtp.pipelining.cut[n=7]" */
    char *conn;
    uint64_t off;
    size_t len;
    uint8_t *excerpt; /* the unit, cut to some hundred octets */
    size_t excerpt_len;
    size_t excerpt_pos; /* where off stands in the excerpt */
    char *text;
};

struct run_peer {
    char *protocol;
    char *url;      /* without secrets */
    char *greeting; /* first reply, or NULL */
    char **capabilities;
    size_t capability_count;
};

struct run {
    char *target; /* name of the target */
    char *profile;
    struct run_peer *peers;
    size_t peer_count;
    int64_t started; /* seconds since 1970, UTC */
    double seconds;
    uint64_t seed;
    bool interrupted;
    size_t planned; /* cases with rows that were selected */
    struct case_result *results;
    size_t result_count;
    struct run_finding *findings;
    size_t finding_count;
    size_t counts[VERDICT_COUNT];
    char **notices; /* what hindered several cases and is to be told once, one line each */
    size_t notice_count;
};

/* Hears about a run while it goes on; any function may be NULL. */
struct run_listener {
    void (*begun)(void *context, const struct run *run);
    void (*case_begun)(void *context, const struct run *run, const char *id);
    void (*case_ended)(void *context, const struct run *run, const struct case_result *result);
    void (*found)(void *context, const struct run *run, const struct run_finding *finding);
    void (*ended)(void *context, const struct run *run);
    void *context;
};

/* "pass", "fail", "nonstrict", "info", "n/a", "skip", "blocked", "flaky", "crash", "error". */
const char *verdict_text(enum verdict verdict);

/* The reason is one of the run's notices, which are told once and not for each case. */
bool run_has_notice(const struct run *run, const char *reason);

/* Frees all that the run owns and makes it all-zero. */
void run_fini(struct run *run);

#endif
