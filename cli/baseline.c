/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <time.h>

#include <jansson.h>

#include "cli/cases.h"
#include "cli/command.h"
#include "cli/select.h"
#include "net/memory.h"
#include "reports/baseline.h"
#include "reports/text_file.h"

static void today_write(char *out, size_t cap)
{
    time_t clock = time(NULL);
    struct tm parts;
    out[0] = '\0';
    if (gmtime_r(&clock, &parts) != NULL) {
        (void)strftime(out, cap, "%Y-%m-%d", &parts);
    }
}

static char *text_at(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? NULL : memory_text(span_text(text));
}

static enum verdict verdict_of(const char *text)
{
    for (unsigned i = 0; text != NULL && i < VERDICT_COUNT; i++) {
        if (strcmp(verdict_text((enum verdict)i), text) == 0) {
            return (enum verdict)i;
        }
    }
    return VERDICT_ERROR;
}

static void result_read(const json_t *item, struct case_result *out)
{
    const json_t *list = json_object_get(item, "requirements");
    *out = (struct case_result){
        .id = text_at(item, "id"),
        .row = text_at(item, "row"),
        .title = text_at(item, "title"),
        .verdict = verdict_of(json_string_value(json_object_get(item, "status"))),
        .requirement_count = json_array_size(list),
    };
    out->requirements = memory_zero(out->requirement_count, sizeof *out->requirements);
    for (size_t i = 0; i < out->requirement_count; i++) {
        const json_t *requirement = json_array_get(list, i);
        out->requirements[i].id = text_at(requirement, "id");
        out->requirements[i].verdict =
            verdict_of(json_string_value(json_object_get(requirement, "status")));
    }
}

/* As much of a JSON report as a baseline needs; false when it is none. */
static bool run_read(const char *path, struct run *run)
{
    json_error_t error;
    json_t *root = json_load_file(path, 0, &error);
    const json_t *results = json_object_get(root, "results");
    const json_t *findings = json_object_get(root, "findings");
    bool ok = json_integer_value(json_object_get(root, "schema")) == 1 && json_is_array(results);
    if (root == NULL) {
        (void)fprintf(stderr, "postel: %s:%d: %s\n", path, error.line, error.text);
    } else if (!ok) {
        (void)fprintf(stderr, "postel: %s: this is no report of check --json\n", path);
    }
    run->result_count = ok ? json_array_size(results) : 0;
    run->results = memory_zero(run->result_count, sizeof *run->results);
    for (size_t i = 0; i < run->result_count; i++) {
        result_read(json_array_get(results, i), &run->results[i]);
        ok = ok && run->results[i].id != NULL;
    }
    run->finding_count = ok ? json_array_size(findings) : 0;
    run->findings = memory_zero(run->finding_count, sizeof *run->findings);
    for (size_t i = 0; i < run->finding_count; i++) {
        const json_t *item = json_array_get(findings, i);
        run->findings[i].rule =
            rule_by_name(span_text(json_string_value(json_object_get(item, "rule"))));
        run->findings[i].consequence = json_is_true(json_object_get(item, "consequence"));
    }
    json_decref(root);
    return ok;
}

static bool load(struct baseline *baseline, const char *file)
{
    char today[16];
    struct problems problems = {0};
    today_write(today, sizeof today);
    bool ok = baseline_load(baseline, file, today, &problems);
    problems_print(&problems, stderr);
    problems_fini(&problems);
    return ok;
}

static bool file_exists(const char *path)
{
    FILE *file = fopen(path, "re");
    if (file != NULL) {
        (void)fclose(file);
    }
    return file != NULL;
}

/* update FILE REPORT.json */
static int update(const struct arguments *arguments)
{
    if (arguments->word_count != 3) {
        return usage_error(&baseline_command, "update needs the baseline and a report of --json");
    }
    const char *path = arguments->words[1];
    struct baseline baseline = {0};
    struct run run = {0};
    struct text_file file;
    int code = EXIT_NOTHING;
    if (!run_read(arguments->words[2], &run) || (file_exists(path) && !load(&baseline, path))) {
        code = EXIT_LOAD;
    } else if (!text_file_open(&file, path)) {
        (void)fprintf(stderr, "postel: %s: cannot be written\n", path);
        code = EXIT_INTERNAL;
    } else {
        baseline_apply(&baseline, &run, arguments_value(arguments, "whole") != NULL);
        baseline_write(&baseline, &run, file.stream);
        code = text_file_close(&file) ? EXIT_NOTHING : EXIT_INTERNAL;
    }
    run_fini(&run);
    baseline_fini(&baseline);
    return code;
}

static bool entry_is_for_something(const struct baseline_entry *entry, const struct suite *suite)
{
    if (strncmp(entry->name, "judge:", 6) == 0) {
        bool found = false;
        for (unsigned i = 1; i < RULE_COUNT; i++) {
            found = found || glob_match(entry->name + 6, rule_info((enum rule)i)->name);
        }
        return found;
    }
    for (size_t i = 0; i < suite->count; i++) {
        const struct scenario *scenario = &suite->cases[i];
        for (size_t j = 0; j < scenario->row_count; j++) {
            if (selector_match(entry->name, scenario, &scenario->rows[j])) {
                return true;
            }
        }
    }
    return false;
}

/* check FILE: every line names a case or a rule that there is. */
static int check(const struct arguments *arguments)
{
    if (arguments->word_count != 2) {
        return usage_error(&baseline_command, "check needs the baseline");
    }
    struct data data;
    struct suite suite = {0};
    struct baseline baseline = {0};
    struct problems problems = {0};
    bool ok = data_load(&data, false) && cases_load(&data, NULL, 0, &suite) &&
              load(&baseline, arguments->words[1]);
    for (size_t i = 0; ok && i < baseline.count; i++) {
        const struct baseline_entry *entry = &baseline.entries[i];
        struct place place = {.file = baseline.file, .line = entry->line};
        if (!entry_is_for_something(entry, &suite)) {
            problems_add(&problems, &place, "%s: there is no such case or rule", entry->name);
        }
        if (entry->expired) {
            problems_add(&problems, &place, "%s: expired on %s", entry->name, entry->until);
        }
    }
    problems_print(&problems, stderr);
    ok = ok && problems.errors == 0;
    problems_fini(&problems);
    baseline_fini(&baseline);
    suite_fini(&suite);
    data_fini(&data);
    return ok ? EXIT_NOTHING : EXIT_LOAD;
}

static int baseline_run(const struct arguments *arguments)
{
    const char *verb = arguments->word_count == 0 ? "" : arguments->words[0];
    if (strcmp(verb, "update") == 0) {
        return update(arguments);
    }
    if (strcmp(verb, "check") == 0) {
        return check(arguments);
    }
    return usage_error(&baseline_command, "baseline update or baseline check");
}

static const struct option options[] = {
    {0, "whole", NULL,
     "the report is of a whole run: a rule of the judge that is not in it is fixed"},
};

const struct command baseline_command = {
    .name = "baseline",
    .synopsis = "update FILE REPORT.json | check FILE",
    .summary = "keep the list of known failures",
    .text = "update adds to a baseline what a report of check --json found and the baseline does "
            "not know, and removes what has been fixed or has expired. check tells whether all "
            "lines are well-formed and name a case or rule that there is.\n"
            "A line is: case[row], requirement, verdict, until, reason; * stands for any, - for "
            "no date, judge:RULE in place of a case for a finding of the always-on judge.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = baseline_run,
};
