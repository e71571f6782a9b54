/* SPDX-License-Identifier: MIT */
#include "reports/report.h"

#include "net/memory.h"

char *case_name(const struct case_result *result)
{
    return result->row == NULL ? memory_text(span_text(result->id))
                               : memory_format("%s[%s]", result->id, result->row);
}

char *requirement_cite(const char *id)
{
    const char *colon = strchr(id, ':');
    const char *hyphen = strrchr(id, '-');
    if (strncmp(id, "rfc", 3) != 0 || colon == NULL || hyphen == NULL || hyphen < colon) {
        return NULL;
    }
    return memory_format("RFC %.*s section %.*s", (int)(colon - id - 3), id + 3,
                         (int)(hyphen - colon - 1), colon + 1);
}

const struct requirement_verdict *case_requirement(const struct case_result *result)
{
    for (size_t i = 0; i < result->requirement_count; i++) {
        if (result->requirements[i].verdict == result->verdict) {
            return &result->requirements[i];
        }
    }
    return result->requirement_count == 0 ? NULL : &result->requirements[0];
}

bool finding_counts(const struct run_finding *finding)
{
    return !finding->consequence && rule_info(finding->rule)->level != LEVEL_LIMIT;
}

size_t report_unexpected(const struct run *run, bool strict)
{
    size_t count = 0;
    for (size_t i = 0; i < run->result_count; i++) {
        enum verdict verdict = run->results[i].verdict;
        bool bad = verdict == VERDICT_FAIL || verdict == VERDICT_CRASH ||
                   (strict && (verdict == VERDICT_NONSTRICT || verdict == VERDICT_FLAKY));
        count += bad && !run->results[i].known ? 1 : 0;
    }
    for (size_t i = 0; i < run->finding_count; i++) {
        const struct run_finding *finding = &run->findings[i];
        bool bad = finding_counts(finding) && !finding->known && finding->side == SIDE_SERVER &&
                   (strict || level_is_must(rule_info(finding->rule)->level));
        count += bad ? 1 : 0;
    }
    return count;
}

char *report_counts(const struct run *run)
{
    static const bool always[VERDICT_COUNT] = {[VERDICT_PASS] = true, [VERDICT_FAIL] = true};
    size_t fresh[VERDICT_COUNT] = {0};
    for (size_t i = 0; i < run->result_count; i++) {
        const struct case_result *result = &run->results[i];
        fresh[result->verdict] += result->known ? 0 : 1;
    }
    char *text = memory_text(SPAN_LIT(""));
    for (unsigned i = 0; i < VERDICT_COUNT; i++) {
        size_t count = run->counts[i];
        if (count == 0 && !always[i]) {
            continue;
        }
        bool tell = verdict_is_bad((enum verdict)i) && fresh[i] != count;
        char *more = tell ? memory_format("%s%s%zu %s (%zu new)", text, *text == '\0' ? "" : "  ",
                                          count, verdict_text((enum verdict)i), fresh[i])
                          : memory_format("%s%s%zu %s", text, *text == '\0' ? "" : "  ", count,
                                          verdict_text((enum verdict)i));
        memory_free(text);
        text = more;
    }
    return text;
}
