/* SPDX-License-Identifier: MIT */
#include "parsers/rule.h"

static const struct rule_info infos[RULE_COUNT] = {
    [RULE_NONE] = {"", "", LEVEL_LIMIT, SEVERITY_COSMETIC, "", "", ""},
#define RULE(id, name, cite, level, severity, requirement, quote, meaning)                         \
    [RULE_##id] = {name, cite, level, severity, requirement, quote, meaning},
#include "parsers/rule.def"
#undef RULE
};

const struct rule_info *rule_info(enum rule rule)
{
    return &infos[rule < RULE_COUNT ? rule : RULE_NONE];
}

enum rule rule_by_name(struct span name)
{
    for (unsigned i = 1; i < RULE_COUNT; i++) {
        if (span_equal(name, span_text(infos[i].name))) {
            return (enum rule)i;
        }
    }
    return RULE_NONE;
}

const char *level_text(enum level level)
{
    static const char *const text[] = {"MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY", "LIMIT"};
    return text[level];
}

const char *severity_text(enum severity severity)
{
    static const char *const text[] = {"data-loss", "security", "interop", "cosmetic"};
    return text[severity];
}
