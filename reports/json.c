/* SPDX-License-Identifier: MIT */
#include "reports/json.h"

#include <time.h>

#include "net/memory.h"
#include "reports/visible.h"

static bool is_utf8(struct span octets)
{
    while (octets.len != 0) {
        size_t len = utf8_length(octets);
        if (len == 0) {
            return false;
        }
        octets = span_from(octets, len);
    }
    return true;
}

static json_t *latin1(struct span octets)
{
    char *text = memory_alloc(octets.len * 2 + 1);
    size_t len = 0;
    for (size_t i = 0; i < octets.len; i++) {
        uint8_t c = octets.ptr[i];
        if (c < 0x80) {
            text[len++] = (char)c;
        } else {
            text[len++] = (char)(0xC0 | c >> 6);
            text[len++] = (char)(0x80 | (c & 0x3F));
        }
    }
    json_t *out = json_stringn_nocheck(text, len);
    memory_free(text);
    return out;
}

static json_t *octets_value(struct span octets)
{
    return is_utf8(octets) ? json_stringn_nocheck(
                                 octets.ptr == NULL ? "" : (const char *)octets.ptr, octets.len)
                           : latin1(octets);
}

json_t *json_text(const char *text)
{
    return text == NULL ? json_null() : octets_value(span_text(text));
}

void json_set_octets(json_t *object, const char *name, struct span octets)
{
    (void)json_object_set_new(object, name, octets_value(octets));
    if (!is_utf8(octets)) {
        (void)json_object_set_new(object, "encoding", json_string("latin1"));
    }
}

json_t *json_time(int64_t seconds)
{
    time_t clock = (time_t)seconds;
    struct tm parts;
    char text[32] = "";
    if (gmtime_r(&clock, &parts) != NULL) {
        (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    }
    return json_string(text);
}

json_t *json_seed(uint64_t seed)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%llx", (unsigned long long)seed);
    return json_string(text);
}

/* A number of milliseconds or seconds with three digits behind the point. */
static json_t *rounded(double value)
{
    return json_real((double)(int64_t)(value * 1000.0 + 0.5) / 1000.0);
}

static json_t *line_value(const struct transcript_line *line)
{
    json_t *out = json_object();
    (void)json_object_set_new(out, "ms", rounded(line->ms));
    (void)json_object_set_new(out, "conn", json_text(line->conn));
    char dir[2] = {line->dir, '\0'};
    (void)json_object_set_new(out, "dir", json_string(dir));
    (void)json_object_set_new(out, "tls", json_boolean(line->tls));
    if (line->marked) {
        (void)json_object_set_new(out, "marked", json_true());
    }
    if (line->folded != 0) {
        (void)json_object_set_new(out, "folded", json_integer((json_int_t)line->folded));
    }
    json_set_octets(out, "data", (struct span){line->data, line->len});
    return out;
}

static json_t *requirements_value(const struct case_result *result)
{
    json_t *list = json_array();
    for (size_t i = 0; i < result->requirement_count; i++) {
        const struct requirement_verdict *item = &result->requirements[i];
        json_t *out = json_object();
        (void)json_object_set_new(out, "id", json_text(item->id));
        (void)json_object_set_new(out, "level", json_string(level_text(item->level)));
        (void)json_object_set_new(out, "status", json_string(verdict_text(item->verdict)));
        (void)json_array_append_new(list, out);
    }
    return list;
}

static json_t *observations_value(const struct case_result *result)
{
    json_t *out = json_object();
    for (size_t i = 0; i < result->observation_count; i++) {
        (void)json_object_set_new(out, result->observations[i].name,
                                  json_text(result->observations[i].value));
    }
    return out;
}

json_t *json_case(const struct case_result *result)
{
    json_t *out = json_object();
    (void)json_object_set_new(out, "id", json_text(result->id));
    (void)json_object_set_new(out, "row", json_text(result->row));
    (void)json_object_set_new(out, "title", json_text(result->title));
    (void)json_object_set_new(out, "protocol", json_text(result->protocol));
    (void)json_object_set_new(out, "status", json_string(verdict_text(result->verdict)));
    (void)json_object_set_new(out, "known", json_boolean(result->known));
    (void)json_object_set_new(out, "requirements", requirements_value(result));
    (void)json_object_set_new(out, "file", json_text(result->file));
    (void)json_object_set_new(out, "line", json_integer((json_int_t)result->line));
    (void)json_object_set_new(out, "ms", rounded(result->ms));
    (void)json_object_set_new(out, "expected", json_text(result->expected));
    (void)json_object_set_new(out, "actual", json_text(result->actual));
    (void)json_object_set_new(out, "why", json_text(result->why));
    if (result->observation_count != 0) {
        (void)json_object_set_new(out, "observations", observations_value(result));
    }
    json_t *findings = json_array();
    for (size_t i = 0; i < result->finding_count; i++) {
        (void)json_array_append_new(findings, json_integer((json_int_t)result->findings[i]));
    }
    (void)json_object_set_new(out, "findings", findings);
    json_t *transcript = json_array();
    for (size_t i = 0; i < result->transcript_count; i++) {
        (void)json_array_append_new(transcript, line_value(&result->transcript[i]));
    }
    (void)json_object_set_new(out, "transcript", transcript);
    return out;
}

json_t *json_finding(const struct run_finding *finding)
{
    const struct rule_info *info = rule_info(finding->rule);
    json_t *out = json_object();
    (void)json_object_set_new(out, "rule", json_string(info->name));
    (void)json_object_set_new(out, "requirement", json_string(info->requirement));
    (void)json_object_set_new(out, "cite", json_string(info->cite));
    (void)json_object_set_new(out, "level", json_string(level_text(info->level)));
    (void)json_object_set_new(out, "severity", json_string(severity_text(info->severity)));
    (void)json_object_set_new(out, "side",
                              json_string(finding->side == SIDE_CLIENT ? "client" : "server"));
    (void)json_object_set_new(out, "known", json_boolean(finding->known));
    (void)json_object_set_new(out, "consequence", json_boolean(finding->consequence));
    (void)json_object_set_new(out, "case", json_text(finding->case_id));
    (void)json_object_set_new(out, "conn", json_text(finding->conn));
    (void)json_object_set_new(out, "offset", json_integer((json_int_t)finding->off));
    (void)json_object_set_new(out, "length", json_integer((json_int_t)finding->len));
    json_set_octets(out, "excerpt", (struct span){finding->excerpt, finding->excerpt_len});
    (void)json_object_set_new(out, "position", json_integer((json_int_t)finding->excerpt_pos));
    (void)json_object_set_new(out, "text", json_text(finding->text));
    return out;
}

json_t *json_target(const struct run *run)
{
    json_t *out = json_object();
    json_t *urls = json_array();
    json_t *greetings = json_object();
    json_t *capabilities = json_object();
    for (size_t i = 0; i < run->peer_count; i++) {
        const struct run_peer *peer = &run->peers[i];
        (void)json_array_append_new(urls, json_text(peer->url));
        (void)json_object_set_new(greetings, peer->protocol, json_text(peer->greeting));
        json_t *list = json_array();
        for (size_t j = 0; j < peer->capability_count; j++) {
            (void)json_array_append_new(list, json_text(peer->capabilities[j]));
        }
        (void)json_object_set_new(capabilities, peer->protocol, list);
    }
    (void)json_object_set_new(out, "name", json_text(run->target));
    (void)json_object_set_new(out, "profile", json_text(run->profile));
    (void)json_object_set_new(out, "urls", urls);
    (void)json_object_set_new(out, "greeting", greetings);
    (void)json_object_set_new(out, "capabilities", capabilities);
    return out;
}

json_t *json_summary(const struct run *run)
{
    json_t *out = json_object();
    for (unsigned i = 0; i < VERDICT_COUNT; i++) {
        (void)json_object_set_new(out, verdict_text((enum verdict)i),
                                  json_integer((json_int_t)run->counts[i]));
    }
    return out;
}

static json_t *coverage_value(const struct coverage *coverage)
{
    json_t *list = json_array();
    for (size_t i = 0; coverage != NULL && i < coverage->count; i++) {
        const struct coverage_rfc *rfc = &coverage->rfcs[i];
        char name[24];
        (void)snprintf(name, sizeof name, "rfc%u", rfc->rfc);
        json_t *out = json_object();
        (void)json_object_set_new(out, "rfc", json_string(name));
        (void)json_object_set_new(out, "requirements", json_integer((json_int_t)rfc->requirements));
        (void)json_object_set_new(out, "testable", json_integer((json_int_t)rfc->testable));
        (void)json_object_set_new(out, "tested", json_integer((json_int_t)rfc->tested));
        (void)json_object_set_new(out, "violated", json_integer((json_int_t)rfc->violated));
        (void)json_array_append_new(list, out);
    }
    return list;
}

static json_t *head_value(const struct run *run, const char *version)
{
    json_t *out = json_object();
    (void)json_object_set_new(out, "schema", json_integer(1));
    (void)json_object_set_new(out, "postel", json_string(version));
    (void)json_object_set_new(out, "started", json_time(run->started));
    (void)json_object_set_new(out, "seed", json_seed(run->seed));
    (void)json_object_set_new(out, "target", json_target(run));
    return out;
}

void report_json(const struct report *report, FILE *out)
{
    const struct run *run = report->run;
    json_t *root = head_value(run, report->version);
    (void)json_object_set_new(root, "seconds", rounded(run->seconds));
    (void)json_object_set_new(root, "interrupted", json_boolean(run->interrupted));
    (void)json_object_set_new(root, "summary", json_summary(run));
    json_t *results = json_array();
    for (size_t i = 0; i < run->result_count; i++) {
        (void)json_array_append_new(results, json_case(&run->results[i]));
    }
    (void)json_object_set_new(root, "results", results);
    json_t *findings = json_array();
    for (size_t i = 0; i < run->finding_count; i++) {
        (void)json_array_append_new(findings, json_finding(&run->findings[i]));
    }
    (void)json_object_set_new(root, "findings", findings);
    (void)json_object_set_new(root, "coverage", coverage_value(report->coverage));
    (void)json_dumpf(root, out, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
    (void)fputc('\n', out);
    json_decref(root);
}

/* One event: its name goes first, so that a reader of lines can choose by it. */
static void event_write(struct ndjson *ndjson, const char *name, json_t *body)
{
    json_t *event = json_object();
    (void)json_object_set_new(event, "event", json_string(name));
    (void)json_object_update(event, body);
    json_decref(body);
    (void)json_dumpf(event, ndjson->out, JSON_COMPACT | JSON_REAL_PRECISION(12));
    (void)fputc('\n', ndjson->out);
    (void)fflush(ndjson->out);
    json_decref(event);
}

void ndjson_begun(void *context, const struct run *run)
{
    struct ndjson *ndjson = context;
    json_t *body = head_value(run, ndjson->version);
    (void)json_object_set_new(body, "planned", json_integer((json_int_t)run->planned));
    event_write(ndjson, "run", body);
}

void ndjson_case_ended(void *context, const struct run *run, const struct case_result *result)
{
    (void)run;
    struct ndjson *ndjson = context;
    event_write(ndjson, "case", json_case(result));
    for (size_t i = 0; i < result->observation_count; i++) {
        json_t *body = json_object();
        char *name = case_name(result);
        (void)json_object_set_new(body, "case", json_text(name));
        (void)json_object_set_new(body, "name", json_text(result->observations[i].name));
        (void)json_object_set_new(body, "value", json_text(result->observations[i].value));
        memory_free(name);
        event_write(ndjson, "observation", body);
    }
}

void ndjson_found(void *context, const struct run *run, const struct run_finding *finding)
{
    (void)run;
    struct ndjson *ndjson = context;
    json_t *body = json_finding(finding);
    (void)json_object_set_new(body, "index", json_integer((json_int_t)ndjson->findings++));
    event_write(ndjson, "finding", body);
}

void ndjson_ended(void *context, const struct run *run)
{
    json_t *body = json_object();
    (void)json_object_set_new(body, "seconds", rounded(run->seconds));
    (void)json_object_set_new(body, "interrupted", json_boolean(run->interrupted));
    (void)json_object_set_new(body, "summary", json_summary(run));
    event_write(context, "end", body);
}
