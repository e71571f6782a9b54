/* SPDX-License-Identifier: MIT */
/* Splits lines of scenario files into words. */
#ifndef SCENARIOS_ENGINE_WORDS_H
#define SCENARIOS_ENGINE_WORDS_H

#include "scenarios/engine/tree.h"

/* Words between blanks; "…" with \" \\ \r \n \t \xNN \0 is one word. column: of text's first
   octet. NULL with *bad (a column) set when a quoted word has no end; *bad is 0 otherwise. */
struct word *words_split(struct pool *pool, struct span text, unsigned column, unsigned *bad);

size_t words_count(const struct word *words);

/* The text with its escapes undone, without the quotes around it. */
struct span text_unescape(struct pool *pool, struct span quoted);

#endif
