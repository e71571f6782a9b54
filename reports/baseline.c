/* SPDX-License-Identifier: MIT */
#include "reports/baseline.h"

#include <errno.h>

#include "net/memory.h"
#include "reports/text_file.h"

enum { BASELINE_MAX = 16 << 20 };

bool glob_match(const char *pattern, const char *text)
{
    const char *star = NULL;
    const char *retry = NULL;
    while (*text != '\0') {
        if (*pattern == '*') {
            star = ++pattern;
            retry = text;
        } else if (*pattern == '?' || *pattern == *text) {
            pattern++;
            text++;
        } else if (star != NULL) {
            /* The last star takes one octet more. */
            pattern = star;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*') {
        pattern++;
    }
    return *pattern == '\0';
}

bool verdict_is_bad(enum verdict verdict)
{
    return verdict == VERDICT_FAIL || verdict == VERDICT_NONSTRICT || verdict == VERDICT_FLAKY ||
           verdict == VERDICT_CRASH || verdict == VERDICT_BLOCKED || verdict == VERDICT_ERROR;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct span take_word(struct span *rest)
{
    while (rest->len != 0 && is_blank(rest->ptr[0])) {
        *rest = span_from(*rest, 1);
    }
    size_t len = 0;
    /* Blanks inside the brackets of a row belong to the word. */
    unsigned depth = 0;
    while (len < rest->len && (depth != 0 || !is_blank(rest->ptr[len]))) {
        depth += rest->ptr[len] == '[' ? 1U : 0U;
        depth -= rest->ptr[len] == ']' && depth != 0 ? 1U : 0U;
        len++;
    }
    struct span word = span_sub(*rest, 0, len);
    *rest = span_from(*rest, len);
    return word;
}

static bool is_date(struct span s)
{
    bool ok = s.len == 10;
    for (size_t i = 0; i < s.len && ok; i++) {
        ok = i == 4 || i == 7 ? s.ptr[i] == '-' : s.ptr[i] >= '0' && s.ptr[i] <= '9';
    }
    return ok;
}

static bool is_verdict(struct span word)
{
    bool found = span_equal(word, SPAN_LIT("*"));
    for (unsigned i = 0; i < VERDICT_COUNT; i++) {
        found = found || (verdict_is_bad((enum verdict)i) &&
                          span_equal(word, span_text(verdict_text((enum verdict)i))));
    }
    return found;
}

static void complain(struct problems *problems, struct place place, struct span at,
                     const char *text)
{
    place.column = (unsigned)(at.ptr - place.source.ptr) + 1;
    problems_add(problems, &place, "%s", text);
}

static void line_read(struct baseline *baseline, const struct place *place, const char *today,
                      struct problems *problems)
{
    struct span rest = place->source;
    struct span name = take_word(&rest);
    if (name.len == 0 || name.ptr[0] == '#') {
        return;
    }
    struct span requirement = take_word(&rest);
    struct span verdict = take_word(&rest);
    struct span until = take_word(&rest);
    struct span reason = rest;
    while (reason.len != 0 && is_blank(reason.ptr[0])) {
        reason = span_from(reason, 1);
    }
    while (reason.len != 0 && is_blank(reason.ptr[reason.len - 1])) {
        reason.len--;
    }
    if (!is_verdict(verdict)) {
        complain(problems, *place, verdict,
                 "expected a verdict: fail, nonstrict, flaky, crash, blocked, error or *");
    } else if (!span_equal(until, SPAN_LIT("-")) && !is_date(until)) {
        complain(problems, *place, until, "expected a date, as in 2027-03-01, or -");
    } else if (reason.len == 0) {
        complain(problems, *place, reason, "a known failure needs its reason");
    } else {
        baseline->entries =
            memory_resize(baseline->entries, baseline->count + 1, sizeof *baseline->entries);
        struct baseline_entry *entry = &baseline->entries[baseline->count++];
        *entry = (struct baseline_entry){
            .name = memory_text(name),
            .requirement = memory_text(requirement),
            .verdict = memory_text(verdict),
            .until = memory_text(until),
            .reason = memory_text(reason),
            .line = place->line,
        };
        entry->expired = until.len == 10 && strcmp(entry->until, today) <= 0;
    }
}

bool baseline_load(struct baseline *baseline, const char *file, const char *today,
                   struct problems *problems)
{
    *baseline = (struct baseline){.file = memory_text(span_text(file))};
    struct place place = {.file = file};
    struct span text;
    if (!text_file_read(file, BASELINE_MAX, &text)) {
        problems_add(problems, &place, "%s", strerror(errno));
        return false;
    }
    size_t errors = problems->errors;
    struct span rest = text;
    while (rest.len != 0) {
        const uint8_t *end = memchr(rest.ptr, '\n', rest.len);
        size_t len = end == NULL ? rest.len : (size_t)(end - rest.ptr);
        place.line++;
        place.source = span_sub(rest, 0, len);
        line_read(baseline, &place, today, problems);
        rest = span_from(rest, len + 1);
    }
    memory_free((uint8_t *)(uintptr_t)text.ptr);
    return problems->errors == errors;
}

/* Without a row the entry is for all rows of the case. */
static bool names_case(const struct baseline_entry *entry, const struct case_result *result)
{
    if (glob_match(entry->name, result->id)) {
        return true;
    }
    if (result->row == NULL) {
        return false;
    }
    char *full = memory_format("%s[%s]", result->id, result->row);
    /* The brackets of a row are no pattern; a name that is equal fits, too. */
    bool match = strcmp(entry->name, full) == 0 || glob_match(entry->name, full);
    memory_free(full);
    return match;
}

static bool is_any(const char *text)
{
    return strcmp(text, "*") == 0;
}

/* The first entry that knows the verdict on the requirement (NULL: on the case as a whole). */
static bool knows(struct baseline *baseline, const struct case_result *result,
                  const char *requirement, enum verdict verdict)
{
    bool known = false;
    for (size_t i = 0; i < baseline->count; i++) {
        struct baseline_entry *entry = &baseline->entries[i];
        if (!names_case(entry, result) ||
            !(is_any(entry->requirement) ||
              (requirement != NULL && glob_match(entry->requirement, requirement))) ||
            !(is_any(entry->verdict) || strcmp(entry->verdict, verdict_text(verdict)) == 0)) {
            continue;
        }
        entry->used = true;
        known = known || !entry->expired;
    }
    return known;
}

static bool all_known(struct baseline *baseline, const struct case_result *result)
{
    bool any = false;
    bool known = true;
    for (size_t i = 0; i < result->requirement_count; i++) {
        const struct requirement_verdict *verdict = &result->requirements[i];
        if (verdict_is_bad(verdict->verdict)) {
            any = true;
            known = knows(baseline, result, verdict->id, verdict->verdict) && known;
        }
    }
    return any ? known : knows(baseline, result, NULL, result->verdict);
}

bool baseline_knows(struct baseline *baseline, const struct case_result *result)
{
    return verdict_is_bad(result->verdict) && all_known(baseline, result);
}

static bool finding_is_known(struct baseline *baseline, const struct run_finding *finding)
{
    bool known = false;
    for (size_t i = 0; i < baseline->count; i++) {
        struct baseline_entry *entry = &baseline->entries[i];
        if (strncmp(entry->name, "judge:", 6) == 0 &&
            glob_match(entry->name + 6, rule_info(finding->rule)->name)) {
            entry->used = true;
            known = known || !entry->expired;
        }
    }
    return known;
}

/* A case that the entry names has really been run, and came out otherwise. */
static bool was_tried(const struct baseline_entry *entry, const struct run *run)
{
    for (size_t i = 0; i < run->result_count; i++) {
        const struct case_result *result = &run->results[i];
        bool ran = result->verdict == VERDICT_PASS || result->verdict == VERDICT_INFO ||
                   result->verdict == VERDICT_FAIL || result->verdict == VERDICT_NONSTRICT;
        if (ran && names_case(entry, result)) {
            return true;
        }
    }
    return false;
}

void baseline_apply(struct baseline *baseline, struct run *run, bool whole)
{
    for (size_t i = 0; i < run->result_count; i++) {
        struct case_result *result = &run->results[i];
        result->known = baseline_knows(baseline, result);
    }
    for (size_t i = 0; i < run->finding_count; i++) {
        run->findings[i].known = finding_is_known(baseline, &run->findings[i]);
    }
    for (size_t i = 0; i < baseline->count; i++) {
        struct baseline_entry *entry = &baseline->entries[i];
        bool judge = strncmp(entry->name, "judge:", 6) == 0;
        bool gone = !entry->used && !run->interrupted && (judge ? whole : was_tried(entry, run));
        entry->stale = entry->expired || gone;
    }
}

size_t baseline_stale_count(const struct baseline *baseline)
{
    size_t count = 0;
    for (size_t i = 0; i < baseline->count; i++) {
        count += baseline->entries[i].stale ? 1 : 0;
    }
    return count;
}

static void write_new_results(const struct run *run, FILE *out)
{
    for (size_t i = 0; i < run->result_count; i++) {
        const struct case_result *result = &run->results[i];
        if (verdict_is_bad(result->verdict) && !result->known) {
            (void)fprintf(out, "%s%s%s%s  *  %s  -  to be reviewed: %s\n", result->id,
                          result->row == NULL ? "" : "[", result->row == NULL ? "" : result->row,
                          result->row == NULL ? "" : "]", verdict_text(result->verdict),
                          result->title == NULL ? "" : result->title);
        }
    }
}

static void write_new_findings(const struct run *run, FILE *out)
{
    bool written[RULE_COUNT] = {false};
    for (size_t i = 0; i < run->finding_count; i++) {
        const struct run_finding *finding = &run->findings[i];
        const struct rule_info *info = rule_info(finding->rule);
        if (finding->known || finding->consequence || info->level == LEVEL_LIMIT ||
            written[finding->rule]) {
            continue;
        }
        written[finding->rule] = true;
        (void)fprintf(out, "judge:%s  *  %s  -  to be reviewed: %s\n", info->name,
                      level_is_must(info->level) ? "fail" : "nonstrict", info->cite);
    }
}

void baseline_write(const struct baseline *baseline, const struct run *run, FILE *out)
{
    (void)fputs("# case[row]  requirement  verdict  until  reason\n", out);
    for (size_t i = 0; i < baseline->count; i++) {
        const struct baseline_entry *entry = &baseline->entries[i];
        if (!entry->stale) {
            (void)fprintf(out, "%s  %s  %s  %s  %s\n", entry->name, entry->requirement,
                          entry->verdict, entry->until, entry->reason);
        }
    }
    write_new_results(run, out);
    write_new_findings(run, out);
}

void baseline_fini(struct baseline *baseline)
{
    for (size_t i = 0; i < baseline->count; i++) {
        memory_free(baseline->entries[i].name);
        memory_free(baseline->entries[i].requirement);
        memory_free(baseline->entries[i].verdict);
        memory_free(baseline->entries[i].until);
        memory_free(baseline->entries[i].reason);
    }
    memory_free(baseline->entries);
    memory_free(baseline->file);
    *baseline = (struct baseline){0};
}
