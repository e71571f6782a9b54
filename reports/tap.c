/* SPDX-License-Identifier: MIT */
#include "net/memory.h"
#include "reports/report.h"
#include "reports/visible.h"

/* TAP 14: "#" and "\" in a description are escaped. */
static void description_print(FILE *out, const char *text)
{
    for (; text != NULL && *text != '\0'; text++) {
        if (*text == '#' || *text == '\\') {
            (void)fputc('\\', out);
        }
        (void)fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
    }
}

/* A YAML double-quoted scalar; JSON's escapes are YAML's. */
static void yaml_print(FILE *out, const char *name, const char *text)
{
    if (text == NULL) {
        return;
    }
    (void)fprintf(out, "  %s: \"", name);
    char *visible = visible_text(span_text(text));
    for (const char *c = visible; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\') {
            (void)fputc('\\', out);
        }
        (void)fputc(*c, out);
    }
    memory_free(visible);
    (void)fputs("\"\n", out);
}

static bool is_ok(enum verdict verdict)
{
    return verdict != VERDICT_FAIL && verdict != VERDICT_CRASH && verdict != VERDICT_ERROR &&
           verdict != VERDICT_BLOCKED;
}

static void directive_print(FILE *out, const struct case_result *result)
{
    if (result->known) {
        /* TAP's word for what is known to fail. */
        (void)fputs(" # TO"
                    "DO known",
                    out);
    } else if (result->verdict == VERDICT_NA || result->verdict == VERDICT_SKIP) {
        (void)fprintf(out, " # SKIP %s", verdict_text(result->verdict));
        if (result->actual != NULL) {
            char *reason = visible_text(span_text(result->actual));
            (void)fprintf(out, ": %s", reason);
            memory_free(reason);
        }
    }
    (void)fputc('\n', out);
}

static void details_print(FILE *out, const struct case_result *result)
{
    const struct requirement_verdict *requirement = case_requirement(result);
    (void)fputs("  ---\n", out);
    yaml_print(out, "verdict", verdict_text(result->verdict));
    yaml_print(out, "requirement", requirement == NULL ? NULL : requirement->id);
    yaml_print(out, "level", requirement == NULL ? NULL : level_text(requirement->level));
    yaml_print(out, "expected", result->expected);
    yaml_print(out, "actual", result->actual);
    yaml_print(out, "why", result->why);
    yaml_print(out, "file", result->file);
    (void)fprintf(out, "  line: %u\n  ...\n", result->line);
}

void report_tap(const struct report *report, FILE *out)
{
    const struct run *run = report->run;
    (void)fprintf(out, "TAP version 14\n1..%zu\n", run->result_count);
    for (size_t i = 0; i < run->result_count; i++) {
        const struct case_result *result = &run->results[i];
        char *name = case_name(result);
        (void)fprintf(out, "%sok %zu - ", is_ok(result->verdict) ? "" : "not ", i + 1);
        description_print(out, name);
        (void)fputs(result->title == NULL ? "" : ": ", out);
        description_print(out, result->title);
        directive_print(out, result);
        if (verdict_is_bad(result->verdict)) {
            details_print(out, result);
        }
        memory_free(name);
    }
    if (run->interrupted) {
        (void)fputs("Bail out! interrupted\n", out);
    }
}
