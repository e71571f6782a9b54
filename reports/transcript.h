/* SPDX-License-Identifier: MIT */
/* A case's conversation and a finding's excerpt as lines for people: C: and S: (C~ and S~ inside
   TLS), octets visible, long data folded, what
   only made or removed a fixture in one line, ">" at the line that failed, a caret under the octet.
 */
#ifndef REPORTS_TRANSCRIPT_H
#define REPORTS_TRANSCRIPT_H

#include <stdio.h>

#include "reports/result.h"

struct style {
    bool color;
    unsigned width; /* columns of a line; 0: 100 */
};

enum color { COLOR_PLAIN, COLOR_RED, COLOR_GREEN, COLOR_YELLOW, COLOR_BLUE, COLOR_DIM, COLOR_BOLD };

/* Begins a colour, or (COLOR_PLAIN) ends it; nothing where the style has none. */
void color_print(FILE *out, const struct style *style, enum color color);

/* All lines, each behind indent blanks; the times count from the case's begin. */
void transcript_print(FILE *out, const struct style *style, const struct case_result *result,
                      unsigned indent);

/* The excerpt of a finding on one line, and a caret under the first wrong octet. */
void excerpt_print(FILE *out, const struct style *style, const struct run_finding *finding,
                   unsigned indent);

#endif
