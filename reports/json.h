/* SPDX-License-Identifier: MIT */
/* The parts of the JSON report, shared by the formats that are made of JSON. */
#ifndef REPORTS_JSON_H
#define REPORTS_JSON_H

#include <jansson.h>

#include "reports/report.h"

/* Text of ours; NULL gives null. What is not UTF-8 is taken as Latin-1. */
json_t *json_text(const char *text);

/* object[name] = the octets; where they are not UTF-8 each octet becomes the character of its
   value, and object["encoding"] = "latin1". */
void json_set_octets(json_t *object, const char *name, struct span octets);

json_t *json_case(const struct case_result *result);
json_t *json_finding(const struct run_finding *finding);
json_t *json_target(const struct run *run);
json_t *json_summary(const struct run *run);

/* "2026-11-20T22:40:00Z" */
json_t *json_time(int64_t seconds);

/* The seed as it is given to --seed. */
json_t *json_seed(uint64_t seed);

/* Hears about a run and writes one JSON object a line, at once. */
struct ndjson {
    FILE *out;
    const char *version;
    size_t findings; /* written so far */
};

/* The listener's functions; context is a struct ndjson. */
void ndjson_begun(void *context, const struct run *run);
void ndjson_case_ended(void *context, const struct run *run, const struct case_result *result);
void ndjson_found(void *context, const struct run *run, const struct run_finding *finding);
void ndjson_ended(void *context, const struct run *run);

#endif
