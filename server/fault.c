/* SPDX-License-Identifier: MIT */
#include "server/fault.h"

static const struct fault_info infos[] = {
#define FAULT(id, name, protocol, breaks, level, text) {name, protocol, breaks, level, text},
#include "server/fault.def"
#undef FAULT
};

const struct fault_info *fault_info(enum fault fault)
{
    return &infos[fault];
}

enum fault fault_by_name(struct span name)
{
    for (unsigned i = 0; i < FAULT_COUNT; i++) {
        if (span_is(name, infos[i].name)) {
            return (enum fault)i;
        }
    }
    return FAULT_COUNT;
}
