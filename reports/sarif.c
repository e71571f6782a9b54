/* SPDX-License-Identifier: MIT */
#include "net/memory.h"
#include "reports/json.h"

static void set(json_t *object, const char *name, json_t *value)
{
    (void)json_object_set_new(object, name, value);
}

static json_t *message(const char *text)
{
    json_t *out = json_object();
    set(out, "text", json_text(text));
    return out;
}

static const char *level_of(enum verdict verdict)
{
    return verdict == VERDICT_FAIL || verdict == VERDICT_CRASH || verdict == VERDICT_ERROR
               ? "error"
               : "warning";
}

/* The rules that results name, each once. */
struct rules {
    json_t *list;
    json_t *seen;
};

static void rule_add(struct rules *rules, const char *id, const char *quote, const char *why)
{
    if (json_object_get(rules->seen, id) != NULL) {
        return;
    }
    set(rules->seen, id, json_true());
    json_t *out = json_object();
    set(out, "id", json_text(id));
    set(out, "shortDescription", message(quote == NULL || *quote == '\0' ? id : quote));
    if (why != NULL) {
        set(out, "help", message(why));
    }
    (void)json_array_append_new(rules->list, out);
}

static void location_set(json_t *result, const char *file, unsigned line)
{
    json_t *artifact = json_object();
    json_t *region = json_object();
    json_t *physical = json_object();
    json_t *location = json_object();
    json_t *list = json_array();
    set(artifact, "uri", json_text(file == NULL ? "" : file));
    set(region, "startLine", json_integer(line == 0 ? 1 : (json_int_t)line));
    set(physical, "artifactLocation", artifact);
    set(physical, "region", region);
    set(location, "physicalLocation", physical);
    (void)json_array_append_new(list, location);
    set(result, "locations", list);
}

static json_t *result_make(const char *rule, const char *level, const char *text,
                           const char *fingerprint, bool known)
{
    json_t *out = json_object();
    json_t *prints = json_object();
    set(out, "ruleId", json_text(rule));
    set(out, "level", json_string(level));
    set(out, "message", message(text));
    set(prints, "postel/v1", json_text(fingerprint));
    set(out, "partialFingerprints", prints);
    json_t *suppressions = json_array();
    if (known) {
        json_t *item = json_object();
        set(item, "kind", json_string("external"));
        (void)json_array_append_new(suppressions, item);
    }
    set(out, "suppressions", suppressions);
    return out;
}

static void case_add(const struct report *report, const struct case_result *result,
                     struct rules *rules, json_t *results)
{
    const struct requirement_verdict *requirement = case_requirement(result);
    const char *rule = requirement == NULL ? result->id : requirement->id;
    const struct requirement *item = report->reg == NULL ? NULL : register_find(report->reg, rule);
    char *name = case_name(result);
    char *print = memory_format("%s %s", name, rule);
    char *text = memory_format(
        "%s: %s%s%s", name, result->title == NULL ? "" : result->title,
        result->actual == NULL ? "" : "; came: ", result->actual == NULL ? "" : result->actual);
    rule_add(rules, rule, item == NULL ? NULL : item->quote, result->why);
    json_t *out = result_make(rule, level_of(result->verdict), text, print, result->known);
    location_set(out, result->file, result->line);
    (void)json_array_append_new(results, out);
    memory_free(text);
    memory_free(print);
    memory_free(name);
}

static void finding_add(const struct report *report, const struct run_finding *finding,
                        struct rules *rules, json_t *results)
{
    const struct rule_info *info = rule_info(finding->rule);
    const char *file = NULL;
    unsigned line = 0;
    for (size_t i = 0; i < report->run->result_count; i++) {
        const struct case_result *result = &report->run->results[i];
        char *name = case_name(result);
        if (finding->case_id != NULL && strcmp(name, finding->case_id) == 0) {
            file = result->file;
            line = result->line;
        }
        memory_free(name);
    }
    char *print =
        memory_format("%s %s", finding->case_id == NULL ? "" : finding->case_id, info->name);
    char *text = memory_format("%s: %s", info->cite, finding->text == NULL ? "" : finding->text);
    rule_add(rules, info->name, info->quote, info->meaning);
    json_t *out = result_make(info->name, level_is_must(info->level) ? "error" : "note", text,
                              print, finding->known);
    location_set(out, file, line);
    (void)json_array_append_new(results, out);
    memory_free(text);
    memory_free(print);
}

void report_sarif(const struct report *report, FILE *out)
{
    const struct run *run = report->run;
    struct rules rules = {json_array(), json_object()};
    json_t *results = json_array();
    for (size_t i = 0; i < run->result_count; i++) {
        if (verdict_is_bad(run->results[i].verdict)) {
            case_add(report, &run->results[i], &rules, results);
        }
    }
    for (size_t i = 0; i < run->finding_count; i++) {
        if (finding_counts(&run->findings[i])) {
            finding_add(report, &run->findings[i], &rules, results);
        }
    }
    json_decref(rules.seen);
    json_t *driver = json_object();
    set(driver, "name", json_string("postel"));
    set(driver, "version", json_string(report->version));
    set(driver, "rules", rules.list);
    json_t *tool = json_object();
    set(tool, "driver", driver);
    json_t *sarif_run = json_object();
    set(sarif_run, "tool", tool);
    set(sarif_run, "results", results);
    json_t *runs = json_array();
    (void)json_array_append_new(runs, sarif_run);
    json_t *root = json_object();
    set(root, "$schema", json_string("https://json.schemastore.org/sarif-2.1.0.json"));
    set(root, "version", json_string("2.1.0"));
    set(root, "runs", runs);
    (void)json_dumpf(root, out, JSON_INDENT(1));
    (void)fputc('\n', out);
    json_decref(root);
}
