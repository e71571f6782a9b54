/* SPDX-License-Identifier: MIT */
#include "net/memory.h"
#include "reports/report.h"
#include "reports/visible.h"

/* Text in a table's cell: nothing in it is markup. */
static void cell_print(FILE *out, const char *text)
{
    char *visible = visible_text(span_text(text == NULL ? "" : text));
    for (const char *c = visible; *c != '\0'; c++) {
        if (*c == '<') {
            (void)fputs("&lt;", out);
        } else if (*c == '&') {
            (void)fputs("&amp;", out);
        } else {
            (void)fputs(strchr("\\|*_`[]#~", *c) == NULL ? "" : "\\", out);
            (void)fputc(*c, out);
        }
    }
    memory_free(visible);
}

static void case_print(FILE *out, const struct case_result *result)
{
    const struct requirement_verdict *requirement = case_requirement(result);
    char *name = case_name(result);
    char *cite = requirement == NULL ? NULL : requirement_cite(requirement->id);
    (void)fprintf(out, "| %s | ", verdict_text(result->verdict));
    cell_print(out, name);
    (void)fputs(" | ", out);
    cell_print(out, cite);
    if (requirement != NULL) {
        (void)fprintf(out, " %s", level_text(requirement->level));
    }
    (void)fputs(" | ", out);
    cell_print(out, result->title);
    (void)fputs(" | ", out);
    cell_print(out, result->actual);
    (void)fputs(" |\n", out);
    memory_free(name);
    memory_free(cite);
}

static void cases_print(FILE *out, const struct run *run, bool known)
{
    size_t count = 0;
    for (size_t i = 0; i < run->result_count; i++) {
        const struct case_result *result = &run->results[i];
        if (!verdict_is_bad(result->verdict) || result->known != known) {
            continue;
        }
        if (count++ == 0) {
            (void)fprintf(
                out,
                "\n### %s\n\n| verdict | case | requirement | what must be | what came |\n"
                "| --- | --- | --- | --- | --- |\n",
                known ? "Known" : "New");
        }
        case_print(out, result);
    }
}

static void findings_print(FILE *out, const struct run *run)
{
    size_t *counts = memory_zero(RULE_COUNT, sizeof *counts);
    size_t rules = 0;
    for (size_t i = 0; i < run->finding_count; i++) {
        if (finding_counts(&run->findings[i]) && !run->findings[i].known) {
            rules += counts[run->findings[i].rule]++ == 0 ? 1 : 0;
        }
    }
    if (rules != 0) {
        (void)fputs("\n### Found on the way\n\n| rule | level | where it says so | places |\n"
                    "| --- | --- | --- | --- |\n",
                    out);
    }
    for (unsigned i = 0; i < RULE_COUNT; i++) {
        const struct rule_info *info = rule_info((enum rule)i);
        if (counts[i] != 0) {
            (void)fprintf(out, "| %s | %s | %s | %zu |\n", info->name, level_text(info->level),
                          info->cite, counts[i]);
        }
    }
    memory_free(counts);
}

void report_markdown(const struct report *report, FILE *out)
{
    const struct run *run = report->run;
    char *counts = report_counts(run);
    (void)fputs("## postel: ", out);
    cell_print(out, run->target);
    (void)fprintf(out, "\n\n%s, %.1f s, seed %llx%s\n", counts, run->seconds,
                  (unsigned long long)run->seed, run->interrupted ? ", interrupted" : "");
    memory_free(counts);
    cases_print(out, run, false);
    findings_print(out, run);
    cases_print(out, run, true);
    for (size_t i = 0; report->baseline != NULL && i < report->baseline->count; i++) {
        const struct baseline_entry *entry = &report->baseline->entries[i];
        if (entry->stale) {
            (void)fprintf(out, "\n- %s: ", entry->expired ? "expired" : "fixed");
            cell_print(out, entry->name);
            (void)fputc('\n', out);
        }
    }
}
