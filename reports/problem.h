/* SPDX-License-Identifier: MIT */
/* What is wrong with a file that we were given (scenario, register, target, baseline) or with a
   URL: place and text, printed like a compiler's message with the line and a caret. */
#ifndef REPORTS_PROBLEM_H
#define REPORTS_PROBLEM_H

#include <stdio.h>

#include "parsers/core/span.h"

struct problem {
    char *file;      /* as the user wrote it; NULL: not from a file */
    unsigned line;   /* from 1; 0: the file as a whole */
    unsigned column; /* octets from 1; 0: the line as a whole */
    char *source;    /* the line, or the URL; NULL: not known */
    char *text;      /* what is wrong, and what to do; one line */
    bool warning;    /* the run goes on */
};

struct problems {
    struct problem *items;
    size_t count;
    size_t errors; /* those that are no warnings */
};

/* Where a problem stands; source is one line, without its end. */
struct place {
    const char *file;
    unsigned line;
    unsigned column;
    struct span source;
};

/* Adds a problem; all text is copied. */
void problems_add(struct problems *problems, const struct place *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void problems_warn(struct problems *problems, const struct place *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Prints "file:line:column: error: text", the line, and a caret; octets are made visible. */
void problems_print(const struct problems *problems, FILE *out);

void problems_fini(struct problems *problems);

#endif
