/* SPDX-License-Identifier: MIT */
/* Makes programs: from the table of lines and the grammar at first, then also by changing programs
   that made a server say something new. The same seed and the same answers give the same programs.
 */
#ifndef FUZZ_LIVE_MAKER_H
#define FUZZ_LIVE_MAKER_H

#include "fuzz/live/program.h"

struct maker;

MUST_USE struct maker *maker_new(uint64_t seed);
void maker_free(struct maker **maker);

/* An empty program is filled in; it has at least one line. */
void maker_make(struct maker *maker, enum protocol protocol, struct program *out);

/* What the server answered to a line. True when nothing like it was heard before: numbers and
   quoted strings do not count. */
bool maker_hears(struct maker *maker, struct span asked, struct span answer);

/* How many different answers were heard. */
size_t maker_heard(const struct maker *maker);

/* A program to make others of: it made the server say something new. */
void maker_keep(struct maker *maker, const struct program *program);

#endif
