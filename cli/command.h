/* SPDX-License-Identifier: MIT */
/* A sub-command: its name, its options in one table (which makes --help and the man page), and its
   function. To add one: write cli/NAME.c with `const struct command NAME_command`, declare it
   here, and put it into the table of cli/command.c. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "parsers/core/span.h"

/* What postel ends with; documented in docs/postel.1. */
enum exit_code {
    EXIT_NOTHING = 0,  /* nothing unexpected */
    EXIT_FINDINGS = 1, /* what the baseline does not know */
    EXIT_USAGE = 2,    /* bad option, unknown selector, nothing selected */
    EXIT_LOAD = 3,     /* a file does not load */
    EXIT_TARGET = 4,   /* unreachable, refused, or nothing was really tested */
    EXIT_INTERNAL = 5, /* our own fault, or output cannot be written */
    EXIT_STALE = 6,    /* the baseline is stale (--baseline-strict) */
    EXIT_INTERRUPTED = 130,
};

struct option {
    char letter;          /* 'j' for -j, 0: none */
    const char *name;     /* "json" for --json and POSTEL_JSON */
    const char *argument; /* "FILE", or NULL: a switch */
    const char *text;     /* one sentence, without the full stop */
};

struct arguments;

struct command {
    const char *name;
    const char *synopsis; /* what comes behind the name: "URL… [SELECT…]" */
    const char *summary;  /* one line for the list of commands */
    const char *text;     /* paragraphs for --help and the man page */
    const struct option *options;
    size_t option_count;
    int (*run)(const struct arguments *arguments);
};

/* The values of options stand in the order of the command line; a letter that takes a number may
   have it at once (-j8), -v may be repeated (-vv). */
struct arguments {
    const struct command *command;
    struct argument {
        const struct option *option;
        const char *value; /* "" for a switch */
    } * options;
    size_t option_count;
    const char **words; /* what is no option */
    size_t word_count;
};

/* The commands, and where the table of all options of a command ends. */
extern const struct command *const commands[];
extern const size_t command_total;

extern const struct command baseline_command;
extern const struct command check_command;
extern const struct command explain_command;
extern const struct command fuzz_command;
extern const struct command generate_command;
extern const struct command help_command;
extern const struct command judge_command;
extern const struct command lint_command;
extern const struct command list_command;
extern const struct command selftest_command;
extern const struct command recognise_command;
extern const struct command serve_command;
extern const struct command show_command;
extern const struct command trace_command;
extern const struct command version_command;

/* NULL if there is none of this name. */
const struct command *command_find(const char *name);

/* The name of the list that is most like the word, NULL when none is: for "did you mean". */
const char *nearest_word(const char *word, const char *const *list, size_t count);

/* Reads the command line behind the sub-command; what is missing there is taken from the
   environment. On false a message was printed. */
MUST_USE bool arguments_parse(struct arguments *out, const struct command *command, int argc,
                              char **argv);

/* The option's last value; NULL if it was not given. */
const char *arguments_value(const struct arguments *arguments, const char *name);

/* The option's value after the one at *position, which begins at 0; NULL at the end. */
const char *arguments_next(const struct arguments *arguments, const char *name, size_t *position);

/* How often it was given. */
size_t arguments_count(const struct arguments *arguments, const char *name);

/* A whole number from low to high; out keeps its value when the option was not given. On false a
   message was printed. */
MUST_USE bool arguments_number(const struct arguments *arguments, const char *name, uint64_t low,
                               uint64_t high, uint64_t *out);

/* --seed: hexadecimal digits; a random one where it was not given. On false a message was printed.
 */
MUST_USE bool arguments_seed(const struct arguments *arguments, uint64_t *out);

/* A time such as 500ms, 30s, 2m, or seconds, in milliseconds; out keeps its value when the option
   was not given. On false a message was printed. */
MUST_USE bool arguments_duration(const struct arguments *arguments, const char *name,
                                 uint64_t *out_ms);

void arguments_fini(struct arguments *arguments);

/* Prints "postel: text" and a line that names --help; returns EXIT_USAGE. */
int usage_error(const struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
