/* SPDX-License-Identifier: MIT */
/* What the files of the loader share. */
#ifndef SCENARIOS_ENGINE_LOAD_H
#define SCENARIOS_ENGINE_LOAD_H

#include "scenarios/engine/loader.h"
#include "scenarios/engine/tree.h"
#include "scenarios/engine/words.h"

struct line {
    struct line *next;
    struct span text;
    struct origin place;
    bool common; /* of a @def in common/: its failure blocks the case */
};

struct def {
    struct def *next;
    char *name;
    struct word *params; /* "user=alice" gives a default */
    struct line *lines;
    bool common;
};

struct suite_store {
    struct pool pool;
    size_t cap; /* of suite->cases */
};

struct load {
    struct suite *suite;
    const struct load_options *options;
    struct pool *pool;
    struct line *at; /* the next line */
    struct def *defs;
    unsigned depth; /* of @use and @include */
    size_t errors;
    bool only; /* @only stands above the lines that follow */
    /* what the file's header says; the cases inherit it */
    struct scenario header;
    struct case_body header_body;
    /* the case being read, or NULL */
    struct scenario *scenario;
    struct case_body *body;
};

void load_fail(struct load *l, const struct origin *place, unsigned column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The lines of a text, as they stand. */
struct line *load_lines(struct load *l, const char *file, struct span text, bool common);

/* Reads the step, block or @use at l->at into steps; the line is consumed. */
void load_step(struct load *l, struct steps *steps, bool setup);

/* Reads steps up to @end, which is consumed. */
void load_block(struct load *l, struct steps *steps, bool setup, const struct origin *begin);

/* Is the line blank or a comment? Does it begin with this directive? */
bool line_is_empty(const struct line *line);
bool line_is(const struct line *line, const char *directive);

/* The words behind a directive. */
struct word *line_words(struct load *l, const struct line *line);

/* Reads "@def" up to its @end. */
void load_def(struct load *l);

/* Leaves of the case's rows only so many that each pair of values of any two parameters is in one.
 */
void load_pairwise(struct scenario *scenario);

/* Adds the connections, messages and steps that the case's fixtures stand for. */
void load_fixtures(struct load *l);
/* The line "@fixture …"; NULL: it is wrong, which has been told. */
struct fixture *load_fixture(struct load *l, const struct line *line);

/* Finds what only a look at the whole case shows: unbound variables, templates that cannot match,
   a MAY with a plain expectation. Makes the case's locks. */
void load_check(struct load *l);

#endif
