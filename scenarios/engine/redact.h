/* SPDX-License-Identifier: MIT */
/* Takes the target's passwords out of everything that is shown or written. */
#ifndef SCENARIOS_ENGINE_REDACT_H
#define SCENARIOS_ENGINE_REDACT_H

#include "reports/result.h"
#include "scenarios/engine/target.h"

/* Each octet of a password becomes "*". */
void redact_octets(const struct target *target, uint8_t *octets, size_t len);
void redact_result(const struct target *target, struct case_result *result);

/* Frees what one result owns. */
void case_result_fini(struct case_result *result);

#endif
