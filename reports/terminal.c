/* SPDX-License-Identifier: MIT */
#include "reports/terminal.h"

#include <time.h>

#include "net/memory.h"
#include "reports/visible.h"

static double now(void)
{
    struct timespec time = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void text_print(FILE *out, const char *text)
{
    (void)visible_print(out, span_text(text == NULL ? "" : text), SIZE_MAX);
}

static void paint(const struct terminal *t, enum color color, const char *text)
{
    color_print(t->out, &t->style, color);
    text_print(t->out, text);
    color_print(t->out, &t->style, COLOR_PLAIN);
}

static void line_clear(struct terminal *t)
{
    if (t->line_open) {
        (void)fputs("\r\033[K", t->out);
        t->line_open = false;
    }
}

static void bar_draw(struct terminal *t, const struct run *run)
{
    enum { WIDTH = 24 };
    size_t filled = run->planned == 0 ? 0 : t->done * WIDTH / run->planned;
    (void)fputs("\r\033[K[", t->out);
    for (size_t i = 0; i < WIDTH; i++) {
        (void)fputc(i < filled ? '#' : '.', t->out);
    }
    (void)fprintf(t->out, "] %zu/%zu", t->done, run->planned);
    if (t->failed != 0) {
        (void)fprintf(t->out, "  %zu failed", t->failed);
    }
    size_t left = t->style.width == 0 ? 40 : t->style.width > 60 ? t->style.width - 55 : 0;
    const char *before = "  ";
    for (size_t i = 0; i < TERMINAL_RUNNING_MAX; i++) {
        if (t->running[i] != NULL && left > strlen(t->running[i]) + 2) {
            (void)fputs(before, t->out);
            text_print(t->out, t->running[i]);
            left -= strlen(t->running[i]) + 2;
            before = ", ";
        }
    }
    (void)fflush(t->out);
    t->line_open = true;
}

/* The status line ten times a second, the heartbeat every half minute. */
static void progress_tell(struct terminal *t, const struct run *run)
{
    double time = now();
    if (t->progress == PROGRESS_BAR && time - t->drawn >= 0.1) {
        t->drawn = time;
        bar_draw(t, run);
    } else if (t->progress == PROGRESS_LINE && time - t->drawn >= 30.0) {
        t->drawn = time;
        (void)fprintf(t->out, "…     %zu of %zu cases, %zu failed\n", t->done, run->planned,
                      t->failed);
        (void)fflush(t->out);
    }
}

void terminal_begun(void *context, const struct run *run)
{
    struct terminal *t = context;
    t->drawn = now();
    if (t->quiet) {
        return;
    }
    (void)fprintf(t->out, "postel %s  ", t->version);
    text_print(t->out, run->target);
    if (run->profile != NULL) {
        (void)fputs("   profile ", t->out);
        text_print(t->out, run->profile);
    }
    (void)fprintf(t->out, "   seed %llx   %zu cases, %u workers\n\n", (unsigned long long)run->seed,
                  run->planned, t->jobs);
    (void)fflush(t->out);
}

void terminal_case_begun(void *context, const struct run *run, const char *id)
{
    struct terminal *t = context;
    for (size_t i = 0; i < TERMINAL_RUNNING_MAX; i++) {
        if (t->running[i] == NULL) {
            t->running[i] = memory_text(span_text(id));
            break;
        }
    }
    progress_tell(t, run);
}

static void running_remove(struct terminal *t, const struct case_result *result)
{
    char *name = case_name(result);
    for (size_t i = 0; i < TERMINAL_RUNNING_MAX; i++) {
        if (t->running[i] != NULL &&
            (strcmp(t->running[i], name) == 0 || strcmp(t->running[i], result->id) == 0)) {
            memory_free(t->running[i]);
            t->running[i] = NULL;
            break;
        }
    }
    memory_free(name);
}

static const char *word_of(enum verdict verdict)
{
    static const char *const words[VERDICT_COUNT] = {
        "PASS", "FAIL", "LAX", "INFO", "N/A", "SKIP", "BLOCK", "FLAKY", "CRASH", "ERROR",
    };
    return words[verdict];
}

static enum color color_of(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_PASS:
        return COLOR_GREEN;
    case VERDICT_FAIL:
    case VERDICT_CRASH:
    case VERDICT_ERROR:
        return COLOR_RED;
    case VERDICT_NONSTRICT:
    case VERDICT_FLAKY:
    case VERDICT_BLOCKED:
        return COLOR_YELLOW;
    case VERDICT_INFO:
        return COLOR_BLUE;
    case VERDICT_NA:
    case VERDICT_SKIP:
    case VERDICT_COUNT:
        break;
    }
    return COLOR_DIM;
}

/* "FAIL  smtp.pipelining.order            RFC 2920 section 3.2  MUST" */
static void head_print(struct terminal *t, const struct case_result *result)
{
    char *name = case_name(result);
    char word[8];
    (void)snprintf(word, sizeof word, "%-5s", word_of(result->verdict));
    paint(t, color_of(result->verdict), word);
    (void)fputc(' ', t->out);
    color_print(t->out, &t->style, COLOR_BOLD);
    text_print(t->out, name);
    color_print(t->out, &t->style, COLOR_PLAIN);
    const struct requirement_verdict *requirement = case_requirement(result);
    if (requirement != NULL) {
        char *cite = requirement_cite(requirement->id);
        size_t columns = visible_columns(span_text(name));
        (void)fprintf(t->out, "%*s  %s  %s", columns < 44 ? (int)(44 - columns) : 0, "",
                      cite == NULL ? requirement->id : cite, level_text(requirement->level));
        memory_free(cite);
    }
    (void)fputs(result->known ? "  (known)\n" : "\n", t->out);
    memory_free(name);
}

static void labelled(struct terminal *t, const char *label, const char *text)
{
    if (text != NULL && *text != '\0') {
        (void)fprintf(t->out, "      %s", label);
        text_print(t->out, text);
        (void)fputc('\n', t->out);
    }
}

static void case_quote(struct terminal *t, const struct case_result *result)
{
    const struct requirement_verdict *verdict = case_requirement(result);
    const struct requirement *item =
        verdict == NULL || t->reg == NULL ? NULL : register_find(t->reg, verdict->id);
    if (item != NULL) {
        (void)fputs("      \"", t->out);
        text_print(t->out, item->quote);
        (void)fprintf(t->out, "\"  %s\n", item->id);
    }
}

void terminal_print_case(struct terminal *t, const struct case_result *result)
{
    head_print(t, result);
    labelled(t, "", result->title);
    if (result->file != NULL) {
        (void)fprintf(t->out, "      %s:%u\n", result->file, result->line);
    }
    transcript_print(t->out, &t->style, result, 8);
    labelled(t, "expected  ", result->expected);
    labelled(t, "actual    ", result->actual);
    case_quote(t, result);
    labelled(t, "why: ", result->why);
    if (t->again != NULL) {
        char *name = case_name(result);
        (void)fputs("      again: postel check ", t->out);
        (void)fputs(strpbrk(name, "[]*? ") == NULL ? "" : "'", t->out);
        text_print(t->out, name);
        (void)fputs(strpbrk(name, "[]*? ") == NULL ? "" : "'", t->out);
        text_print(t->out, t->again);
        (void)fputc('\n', t->out);
        memory_free(name);
    }
    (void)fputc('\n', t->out);
}

static bool is_told(const struct terminal *t, const struct case_result *result, bool known)
{
    if (t->quiet) {
        return false;
    }
    if (t->verbose >= 2) {
        return true;
    }
    return verdict_is_bad(result->verdict) && !known;
}

void terminal_case_ended(void *context, const struct run *run, const struct case_result *result)
{
    struct terminal *t = context;
    bool known = result->known || (t->baseline != NULL && baseline_knows(t->baseline, result));
    running_remove(t, result);
    t->done++;
    t->failed += result->verdict == VERDICT_FAIL || result->verdict == VERDICT_CRASH ? 1 : 0;
    bool notice = result->verdict == VERDICT_BLOCKED && run_has_notice(run, result->actual);
    if (is_told(t, result, known) && (!notice || t->verbose >= 2)) {
        line_clear(t);
        terminal_print_case(t, result);
        (void)fflush(t->out);
    }
    progress_tell(t, run);
}

/* What the judge found, rule by rule. */
struct rule_sum {
    size_t count;
    size_t fresh;
    const struct run_finding *first;
};

static void finding_print(struct terminal *t, const struct rule_sum *sum)
{
    const struct rule_info *info = rule_info(sum->first->rule);
    (void)fputs("      ", t->out);
    color_print(t->out, &t->style, level_is_must(info->level) ? COLOR_RED : COLOR_YELLOW);
    (void)fprintf(t->out, "%-28s", info->name);
    color_print(t->out, &t->style, COLOR_PLAIN);
    (void)fprintf(t->out, "  %s  %s  %s by the %s  %zu×%s  first: ", info->cite,
                  level_text(info->level), severity_text(info->severity),
                  sum->first->side == SIDE_CLIENT ? "client" : "server", sum->count,
                  sum->fresh == 0 ? " (known)" : "");
    text_print(t->out, sum->first->case_id);
    (void)fputc('\n', t->out);
    if (sum->fresh == 0) {
        return;
    }
    excerpt_print(t->out, &t->style, sum->first, 10);
    if (sum->first->text != NULL && sum->first->text[0] != '\0') {
        (void)fputs("          ", t->out);
        text_print(t->out, sum->first->text);
        (void)fputc('\n', t->out);
    }
    if (info->quote[0] != '\0') {
        (void)fprintf(t->out, "          \"%s\"\n", info->quote);
    }
}

static void findings_print(struct terminal *t, const struct run *run)
{
    struct rule_sum *sums = memory_zero(RULE_COUNT, sizeof *sums);
    size_t rules = 0;
    size_t places = 0;
    for (size_t i = 0; i < run->finding_count; i++) {
        const struct run_finding *finding = &run->findings[i];
        struct rule_sum *sum = &sums[finding->rule];
        if (!finding_counts(finding)) {
            continue;
        }
        rules += sum->count == 0 ? 1 : 0;
        places++;
        sum->count++;
        if (!finding->known) {
            sum->first = sum->fresh++ == 0 ? finding : sum->first;
        } else if (sum->first == NULL) {
            sum->first = finding;
        }
    }
    if (rules != 0) {
        paint(t, COLOR_YELLOW, "NOTE");
        (void)fprintf(t->out, "  found on the way (always-on judge), %zu rule%s, %zu place%s:\n",
                      rules, rules == 1 ? "" : "s", places, places == 1 ? "" : "s");
        for (unsigned i = 0; i < RULE_COUNT; i++) {
            if (sums[i].count != 0) {
                finding_print(t, &sums[i]);
            }
        }
        (void)fputc('\n', t->out);
    }
    memory_free(sums);
}

/* "new: smtp.pipelining.order", at most so many names. */
static void new_print(struct terminal *t, const struct run *run)
{
    enum { NAMES_MAX = 20 };
    size_t count = 0;
    for (size_t i = 0; i < run->result_count; i++) {
        const struct case_result *result = &run->results[i];
        if (!verdict_is_bad(result->verdict) || result->known) {
            continue;
        }
        if (count < NAMES_MAX) {
            char *name = case_name(result);
            (void)fputs(count == 0 ? "new: " : ", ", t->out);
            text_print(t->out, name);
            memory_free(name);
        }
        count++;
    }
    if (count > NAMES_MAX) {
        (void)fprintf(t->out, " and %zu more", count - NAMES_MAX);
    }
    (void)fputs(count == 0 ? "" : "\n", t->out);
}

static void baseline_print(struct terminal *t, const struct baseline *baseline)
{
    for (size_t i = 0; i < baseline->count; i++) {
        const struct baseline_entry *entry = &baseline->entries[i];
        if (entry->stale) {
            (void)fprintf(t->out, "%s: %s  (%s:%u)\n",
                          entry->expired ? "expired" : "fixed, remove it from the baseline",
                          entry->name, baseline->file, entry->line);
        }
    }
}

void terminal_finish(struct terminal *t, const struct report *report)
{
    const struct run *run = report->run;
    line_clear(t);
    if (!t->quiet) {
        findings_print(t, run);
    }
    char *counts = report_counts(run);
    (void)fprintf(t->out, "%s      %.1f s%s\n", counts, run->seconds,
                  run->interrupted ? "   interrupted" : "");
    memory_free(counts);
    if (report->baseline != NULL) {
        new_print(t, run);
        baseline_print(t, report->baseline);
    }
    (void)fflush(t->out);
}

void terminal_fini(struct terminal *t)
{
    for (size_t i = 0; i < TERMINAL_RUNNING_MAX; i++) {
        memory_free(t->running[i]);
        t->running[i] = NULL;
    }
}
