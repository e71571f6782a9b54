/* SPDX-License-Identifier: MIT */
/* Octets of a peer made visible for a terminal: printable ASCII and well-formed, printable UTF-8
   as they are; CR, LF, TAB, backslash and everything else as escapes. */
#ifndef REPORTS_VISIBLE_H
#define REPORTS_VISIBLE_H

#include <stdio.h>

#include "parsers/core/span.h"

/* What one character of the octets looks like. */
struct visible {
    char text[8];   /* NUL-terminated */
    size_t len;     /* octets of text */
    size_t columns; /* on the terminal */
    size_t taken;   /* octets of the input, at least 1 */
};

/* The first character of octets, which are not empty. */
struct visible visible_next(struct span octets);

/* Columns that the octets take. */
size_t visible_columns(struct span octets);

/* Prints at most limit columns; returns the octets that were printed. */
size_t visible_print(FILE *out, struct span octets, size_t limit);

/* What stands between the quotes of a trace or a scenario: printable ASCII as it is, DQUOTE and
   backslash behind a backslash, CR and LF as \r and \n, other octets as \xHH. */
void visible_print_quoted(FILE *out, struct span octets);

/* What visible_print prints, in new memory, without a limit. */
MUST_USE char *visible_text(struct span octets);

/* The octets are well-formed UTF-8 (RFC 3629) without NUL. */
bool is_utf8_text(struct span octets);

/* Octets of the UTF-8 character at the front, 0 if there is no well-formed one. */
size_t utf8_length(struct span octets);

/* A number with commas: "1,204". */
MUST_USE char *visible_count(uint64_t number);

#endif
