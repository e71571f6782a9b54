/* SPDX-License-Identifier: MIT */
#include "parsers/quirk.h"

static const struct quirk_info infos[QUIRK_COUNT] = {
    [QUIRK_NONE] = {"", RULE_NONE, ""},
#define QUIRK(id, rule, accepts) [QUIRK_##id] = {#id, RULE_##rule, accepts},
#include "parsers/quirk.def"
#undef QUIRK
};

const struct quirk_info *quirk_info(enum quirk quirk)
{
    return &infos[quirk < QUIRK_COUNT ? quirk : QUIRK_NONE];
}
