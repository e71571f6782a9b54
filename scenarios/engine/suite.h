/* SPDX-License-Identifier: MIT */
/* What the loader made of scenario files: the cases, what they judge and what they may do to the
   target, and their steps. All text is owned by the suite and lives until suite_fini(). */
#ifndef SCENARIOS_ENGINE_SUITE_H
#define SCENARIOS_ENGINE_SUITE_H

#include <stdio.h>

#include "parsers/core/span.h"
#include "parsers/rule.h"

/* What a case does to the target; each needs its own permission. */
enum safety { SAFETY_SAFE, SAFETY_SEND, SAFETY_WRITE, SAFETY_DESTRUCTIVE, SAFETY_COUNT };

struct case_requirement {
    char *id; /* "rfc5321:4.1.1-4" */
    enum level level;
    unsigned line;
};

/* One set of parameter values; a case without parameters has one row without name. */
struct case_row {
    char *name;    /* "n=7", or NULL */
    char **values; /* one for each parameter of the case */
    bool skipped;  /* not selected; false after loading */
};

struct case_body; /* the steps; the engine's own */

struct scenario {
    char *id; /* "smtp.pipelining.cut" */
    char **aliases;
    size_t alias_count;
    char *suite;    /* "smtp/pipelining" */
    char *title;    /* may be "" */
    char *why;      /* or NULL */
    char *protocol; /* "smtp", "lmtp", "pop3", "imap", "delivery" */
    char *file;     /* relative to the scenarios folder */
    unsigned line;  /* of @case, from 1 */
    char *source;   /* the case's own lines, as they stand in the file */
    char *kind;     /* "security", or NULL */
    char *kind_ref; /* "CVE-2011-0411", or NULL */
    char *severity; /* or NULL */
    char **tags;
    size_t tag_count;
    enum safety safety;
    bool server_role; /* the peer is a client */
    struct case_requirement *requirements;
    size_t requirement_count;
    char **parameters;
    size_t parameter_count;
    struct case_row *rows;
    size_t row_count;
    bool pairwise; /* not all rows, but each value of a parameter with each of any other */
    char *after;   /* the case that must have passed before, or NULL */
    bool selected; /* to be run; true after loading */
    struct case_body *body;
};

struct load_error {
    char *file;
    unsigned line;   /* from 1 */
    unsigned column; /* from 1 */
    char *message;
    char *source; /* the line as it stands in the file */
};

struct suite {
    struct scenario *cases; /* in the order of the files */
    size_t count;
    struct load_error *errors;
    size_t error_count;
    struct suite_store *store; /* the loader's own */
};

void suite_fini(struct suite *suite);

bool scenario_has_tag(const struct scenario *scenario, const char *tag);

/* The case of this id or alias, or NULL. */
const struct scenario *suite_find(const struct suite *suite, const char *id);

/* Prints "file:line:column: message", the line and a caret under the column. */
void load_error_print(const struct load_error *error, FILE *stream);

#endif
