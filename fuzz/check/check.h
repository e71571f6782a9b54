/* SPDX-License-Identifier: MIT */
/* Oracles that the fuzz targets of all protocols share. Each ends the program with a line on
   standard error when it is broken. */
#ifndef FUZZ_CHECK_CHECK_H
#define FUZZ_CHECK_CHECK_H

#include "parsers/core/out.h"
#include "session/session.h"

#define CHECK(condition, text) ((condition) ? (void)0 : check_failed((text), __FILE__, __LINE__))
_Noreturn void check_failed(const char *text, const char *file, int line);

/* The span is empty or lies inside the octets. */
void check_span_inside(struct span inner, struct span outer);

/* After PARSE_BAD: a rule is named and the offset lies inside the unit or right behind it. After
   any result: each deviation has a rule and lies there too. */
void check_parse(const struct parse *p, enum parse_rc rc);

/* A unit that parsed without a deviation and was written again gives the same octets. */
void check_round_trip(const struct parse *p, enum parse_rc rc, const struct out *written);

/* A conversation gives the same findings and events however it is cut. data: records of one octet
   (bit 7: side, bits 0-6: length, 0 stands for TLS) and that many octets. */
void check_split_invariance(enum protocol protocol, struct span data);

/* The same with another session_step(). */
typedef enum session_rc split_step_fn(struct session *s, enum side from, struct span buffer,
                                      struct session_event *out);
void check_split_invariance_of(split_step_fn *step, enum protocol protocol, struct span data);

#endif
