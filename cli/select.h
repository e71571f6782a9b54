/* SPDX-License-Identifier: MIT */
/* Which cases are meant: an id or the beginning of one up to a dot (smtp.pipelining), a row
   (smtp.pipelining.cut[n=7]), a pattern with * and ?, a requirement, a section or an RFC
   (rfc5321:4.5.2-1, rfc5321:4.5, rfc5321), tag:NAME, level:must, protocol:imap, kind:security,
   safety:write; with ! before it, all others. Several words mean what any of them means. */
#ifndef CLI_SELECT_H
#define CLI_SELECT_H

#include "scenarios/engine/suite.h"

/* "smtp.pipelining" is a name or the beginning of one up to a dot, of smtp.pipelining.cut and not
   of smtp.pipeliningx; or it is a pattern. */
bool selector_match_name(const char *selector, const char *name);

/* One selector fits this row of the case. */
bool selector_match(const char *selector, const struct scenario *scenario,
                    const struct case_row *row);

/* Sets scenario->selected and row->skipped. NULL, or the first word that fits no case. */
const char *select_cases(struct suite *suite, const char *const *words, size_t count);

/* The rows that are selected. */
size_t select_count(const struct suite *suite);

/* An id of the suite that is like the word, or NULL. */
const char *select_suggest(const struct suite *suite, const char *word);

struct command;

/* The words of a command line: scenario files apart from selectors. */
struct selection {
    const char **files;
    size_t file_count;
    const char **words;
    size_t word_count;
};

/* The words are borrowed. */
void selection_init(struct selection *selection, const char *const *words, size_t count);

/* Selects; EXIT_NOTHING, or EXIT_USAGE when a message was printed. */
int selection_apply(const struct selection *selection, struct suite *suite,
                    const struct command *command);

void selection_fini(struct selection *selection);

#endif
