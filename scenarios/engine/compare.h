/* SPDX-License-Identifier: MIT */
/* Messages compared as RFC 5321 and RFC 5322 let them change on their way. */
#ifndef SCENARIOS_ENGINE_COMPARE_H
#define SCENARIOS_ENGINE_COMPARE_H

#include "parsers/core/span.h"

/* The value of the field (the first of this name), unfolded ends left as they are; false when
   there is none. */
bool header_field(struct span header, struct span name, struct span *out);

/* All fields of sent stand in got, unchanged, in order; others only in between or above. */
bool header_keeps(struct span got, struct span sent);

/* A field of this name stands in got before the first field of sent. */
bool header_has_above(struct span got, struct span name, struct span sent);

/* Each Received field in got before the first field of sent is a time stamp line as RFC 5321
   section 4.4 has it. If not: where is the field, expected what is missing in it. */
bool header_stamped_above(struct span got, struct span sent, struct span *where,
                          const char **expected);

#endif
