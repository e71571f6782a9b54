/* SPDX-License-Identifier: MIT */
/* Every rule that a finding can cite, with its RFC, section, level and verbatim sentence. The
   lists are rule.def files, one for each protocol; this header makes the enum and the look-up. */
#ifndef PARSERS_RULE_H
#define PARSERS_RULE_H

#include "parsers/core/span.h"

enum rule {
    RULE_NONE = 0,
#define RULE(id, name, cite, level, severity, requirement, quote, meaning) RULE_##id,
#include "parsers/rule.def"
#undef RULE
    RULE_COUNT,
};

enum level {
    LEVEL_MUST,
    LEVEL_MUST_NOT,
    LEVEL_SHOULD,
    LEVEL_SHOULD_NOT,
    LEVEL_MAY,
    LEVEL_LIMIT, /* not an RFC's rule: a limit of ours, or a note without verdict */
};

enum severity {
    SEVERITY_DATA_LOSS, /* mail is lost, changed or mixed up */
    SEVERITY_SECURITY,
    SEVERITY_INTEROP, /* a peer that follows the RFC fails or falls out of step */
    SEVERITY_COSMETIC,
};

struct rule_info {
    const char *name; /* "imap.resp-text": stable, used in reports and baselines */
    const char *cite; /* "RFC 9051 section 7.1" */
    enum level level;
    enum severity severity;
    const char *requirement; /* id in the register, "rfc9051:7.1-3"; "" where there is none */
    const char *quote;       /* the RFC's sentence or ABNF rule, verbatim but for line breaks */
    const char *meaning;     /* what the other side will make of it */
};

/* Never NULL; RULE_NONE and unknown numbers give an empty entry. */
const struct rule_info *rule_info(enum rule rule);

/* The rule of this name, RULE_NONE if there is none. */
enum rule rule_by_name(struct span name);

/* "MUST", "MUST NOT", … as printed. */
const char *level_text(enum level level);

/* "data-loss", "security", "interop", "cosmetic". */
const char *severity_text(enum severity severity);

/* A breach counts as a violation, not as a note. */
static inline bool level_is_must(enum level level)
{
    return level == LEVEL_MUST || level == LEVEL_MUST_NOT;
}

#endif
