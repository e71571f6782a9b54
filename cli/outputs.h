/* SPDX-License-Identifier: MIT */
/* The report files of a run: opened before it begins, so that a path that cannot be written is
   found at once, and put in their places when it has ended, also when it was interrupted. */
#ifndef CLI_OUTPUTS_H
#define CLI_OUTPUTS_H

#include "cli/command.h"
#include "reports/json.h"
#include "reports/report.h"
#include "reports/text_file.h"

enum { OUTPUTS_MAX = 16, OUTPUT_FOLDERS = 2 };

struct outputs {
    struct output {
        void (*write)(const struct report *report, FILE *out); /* NULL: written while running */
        struct text_file file;
        const char *path;
    } items[OUTPUTS_MAX];
    size_t count;
    struct ndjson ndjson;                /* out is NULL when it is not wanted */
    const char *folders[OUTPUT_FOLDERS]; /* of --trace and --pcap; or NULL */
    bool failed;                         /* a file of those could not be written */
};

/* Opens what --json, --ndjson, --junit, … name; on false a message was printed. */
MUST_USE bool outputs_open(struct outputs *outputs, const struct arguments *arguments);

/* Something goes to the standard output, so that the terminal's text must not. */
bool outputs_use_stdout(const struct outputs *outputs);

/* The conversation of each case is wanted, whole. */
bool outputs_want_captures(const struct outputs *outputs);

/* Writes the conversation of a case where it is wanted. */
void outputs_case(struct outputs *outputs, const struct run *run, const struct case_result *result);

/* Writes and closes all; on false a message was printed. */
MUST_USE bool outputs_write(struct outputs *outputs, const struct report *report);

/* Closes all that is still open and leaves no file behind. */
void outputs_fini(struct outputs *outputs);

#endif
