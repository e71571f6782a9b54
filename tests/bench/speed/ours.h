/* SPDX-License-Identifier: MIT */
/* postel's own ways through a stream. */
#ifndef TESTS_BENCH_SPEED_OURS_H
#define TESTS_BENCH_SPEED_OURS_H

#include "tests/bench/speed/contender.h"
#include "tests/bench/speed/talk.h"

/* Framing and a strict parse of each unit into its value. */
size_t ours_parse(const struct octet_stream *stream);

/* The session model over the whole conversation. */
size_t ours_judge(const struct octet_stream *stream);

/* Where each unit ends; count of them. */
size_t ours_ends(const struct octet_stream *stream, size_t **out);

/* Findings of the last ours_judge(). */
size_t ours_findings(void);

/* Units of the last ours_parse() that did not parse, and the arena's highest mark. */
size_t ours_broken(void);
size_t ours_arena(void);

#endif
