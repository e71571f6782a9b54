/* SPDX-License-Identifier: MIT */
/* The reports of a run: one function for each format, all from the same struct. They only write;
   errors of the stream are the caller's to look at. */
#ifndef REPORTS_REPORT_H
#define REPORTS_REPORT_H

#include <stdio.h>

#include "reports/baseline.h"
#include "reports/coverage.h"
#include "reports/register.h"
#include "reports/result.h"

struct report {
    const struct run *run;
    const struct requirement_register *reg; /* or NULL */
    const struct coverage *coverage;        /* summed, or NULL */
    const struct baseline *baseline;        /* applied, or NULL */
    const char *version;                    /* of postel */
    const char *again; /* what repeats a case behind "postel check CASE", or NULL */
};

/* The JSON report, schema version 1. */
void report_json(const struct report *report, FILE *out);

/* JUnit XML: a suite for each file, a testcase for each case and row. */
void report_junit(const struct report *report, FILE *out);

/* TAP version 14. */
void report_tap(const struct report *report, FILE *out);

/* A summary for a pull request or a CI step. */
void report_markdown(const struct report *report, FILE *out);

/* SARIF 2.1.0: failures and findings as results. */
void report_sarif(const struct report *report, FILE *out);

/* A case's name with its row, "smtp.pipelining.cut[n=7]", in new memory. */
MUST_USE char *case_name(const struct case_result *result);

/* "RFC 2920 section 3.2" of "rfc2920:3.2-1", in new memory; NULL for what is no such id. */
MUST_USE char *requirement_cite(const char *id);

/* The requirement on which the case's verdict rests: the first with the same verdict, else the
   first; NULL if it has none. */
const struct requirement_verdict *case_requirement(const struct case_result *result);

/* A finding that counts: no consequence of another, and not a limit of ours. */
bool finding_counts(const struct run_finding *finding);

/* Bad verdicts and MUST findings that the baseline does not know. strict: nonstrict and flaky count
   as well. */
size_t report_unexpected(const struct run *run, bool strict);

/* The run as text of one line: "398 pass  3 fail (1 new)", in new memory. */
MUST_USE char *report_counts(const struct run *run);

#endif
