/* SPDX-License-Identifier: MIT */
/* The messages of the SCRAM family (RFC 5802 section 7). */
#ifndef PARSERS_SASL_SCRAM_H
#define PARSERS_SASL_SCRAM_H

#include "parsers/sasl/sasl.h"

/* gs2-header = gs2-cbind-flag "," [ authzid ] ",": other mechanisms begin with it too, and name
   their own rule. */
MUST_USE enum parse_rc sasl_parse_gs2_header(struct parse *p, enum rule rule);

MUST_USE enum parse_rc sasl_judge_scram(struct parse *p, unsigned step, enum sasl_side side);

#endif
