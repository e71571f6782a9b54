/* SPDX-License-Identifier: MIT */
/* The proof that an expected IMAP line can match at all: its holes are filled with samples until
   the project's own parser takes the line. What no sample makes a response can never come. */
#ifndef SCENARIOS_ENGINE_TEMPLATE_PROOF_H
#define SCENARIOS_ENGINE_TEMPLATE_PROOF_H

#include "scenarios/engine/template.h"

/* False with *error at the octet of the text that no sample gets past. */
MUST_USE bool template_prove(struct pool *pool, struct span text, struct template_error *error);

#endif
