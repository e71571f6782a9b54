/* SPDX-License-Identifier: MIT */
#include "reports/coverage.h"

#include "net/memory.h"

enum { MARK_TESTED = 1, MARK_VIOLATED = 2 };

static void mark(struct coverage *coverage, const char *id, uint8_t bits)
{
    const struct requirement *found = register_find(coverage->reg, id);
    if (found != NULL) {
        coverage->marks[found - coverage->reg->items] |= bits;
    }
}

void coverage_init(struct coverage *coverage, const struct requirement_register *reg)
{
    *coverage = (struct coverage){.reg = reg, .marks = memory_zero(reg->count, 1)};
    for (unsigned i = 1; i < RULE_COUNT; i++) {
        mark(coverage, rule_info((enum rule)i)->requirement, MARK_TESTED);
    }
}

void coverage_cite(struct coverage *coverage, const char *id)
{
    mark(coverage, id, MARK_TESTED);
}

static bool is_broken(enum verdict verdict)
{
    return verdict == VERDICT_FAIL || verdict == VERDICT_CRASH || verdict == VERDICT_NONSTRICT;
}

void coverage_add_run(struct coverage *coverage, const struct run *run)
{
    for (size_t i = 0; i < run->result_count; i++) {
        const struct case_result *result = &run->results[i];
        for (size_t j = 0; j < result->requirement_count; j++) {
            bool broken = is_broken(result->requirements[j].verdict);
            mark(coverage, result->requirements[j].id,
                 broken ? MARK_TESTED | MARK_VIOLATED : MARK_TESTED);
        }
    }
    for (size_t i = 0; i < run->finding_count; i++) {
        mark(coverage, rule_info(run->findings[i].rule)->requirement, MARK_TESTED | MARK_VIOLATED);
    }
}

void coverage_sum(struct coverage *coverage)
{
    const struct requirement_register *reg = coverage->reg;
    coverage->count = 0;
    for (size_t i = 0; i < reg->count; i++) {
        const struct requirement *item = &reg->items[i];
        if (coverage->count == 0 || coverage->rfcs[coverage->count - 1].rfc != item->rfc) {
            coverage->rfcs =
                memory_resize(coverage->rfcs, coverage->count + 1, sizeof *coverage->rfcs);
            coverage->rfcs[coverage->count++] = (struct coverage_rfc){.rfc = item->rfc};
        }
        struct coverage_rfc *sum = &coverage->rfcs[coverage->count - 1];
        bool tested = (coverage->marks[i] & MARK_TESTED) != 0;
        sum->requirements++;
        /* What is tested is testable, whatever the register says. */
        sum->testable += item->tests != TEST_NONE || tested ? 1 : 0;
        sum->tested += tested ? 1 : 0;
        sum->violated += (coverage->marks[i] & MARK_VIOLATED) != 0 ? 1 : 0;
    }
}

void coverage_fini(struct coverage *coverage)
{
    memory_free(coverage->marks);
    memory_free(coverage->rfcs);
    *coverage = (struct coverage){0};
}
