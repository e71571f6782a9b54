/* SPDX-License-Identifier: MIT */
#include <libxml/xmlwriter.h>

#include "net/memory.h"
#include "reports/report.h"
#include "reports/transcript.h"
#include "reports/visible.h"

/* Text for XML: what XML 1.0 cannot hold is written as an escape. */
/* libxml2's own macro for this drops const. */
#define XML(text) ((const xmlChar *)(text))

static xmlChar *xml_text(const char *text)
{
    return (xmlChar *)visible_text(span_text(text == NULL ? "" : text));
}

static void attribute(xmlTextWriterPtr writer, const char *name, const char *value)
{
    xmlChar *text = xml_text(value);
    (void)xmlTextWriterWriteAttribute(writer, XML(name), text);
    memory_free(text);
}

static void attribute_number(xmlTextWriterPtr writer, const char *name, size_t value)
{
    (void)xmlTextWriterWriteFormatAttribute(writer, XML(name), "%zu", value);
}

static void property(xmlTextWriterPtr writer, const char *name, const char *value)
{
    (void)xmlTextWriterStartElement(writer, XML("property"));
    attribute(writer, "name", name);
    attribute(writer, "value", value);
    (void)xmlTextWriterEndElement(writer);
}

static void properties_write(xmlTextWriterPtr writer, const struct case_result *result)
{
    (void)xmlTextWriterStartElement(writer, XML("properties"));
    property(writer, "verdict", verdict_text(result->verdict));
    property(writer, "known", result->known ? "true" : "false");
    for (size_t i = 0; i < result->requirement_count; i++) {
        property(writer, "requirement", result->requirements[i].id);
        property(writer, "level", level_text(result->requirements[i].level));
    }
    for (size_t i = 0; i < result->observation_count; i++) {
        property(writer, result->observations[i].name, result->observations[i].value);
    }
    (void)xmlTextWriterEndElement(writer);
}

enum outcome { OUTCOME_PASSED, OUTCOME_FAILED, OUTCOME_ERROR, OUTCOME_SKIPPED };

/* What the baseline knows does not break a build. */
static enum outcome outcome_of(const struct case_result *result)
{
    switch (result->verdict) {
    case VERDICT_FAIL:
    case VERDICT_CRASH:
        return result->known ? OUTCOME_SKIPPED : OUTCOME_FAILED;
    case VERDICT_ERROR:
        return result->known ? OUTCOME_SKIPPED : OUTCOME_ERROR;
    case VERDICT_NA:
    case VERDICT_SKIP:
    case VERDICT_BLOCKED:
        return OUTCOME_SKIPPED;
    case VERDICT_PASS:
    case VERDICT_NONSTRICT:
    case VERDICT_INFO:
    case VERDICT_FLAKY:
    case VERDICT_COUNT:
        break;
    }
    return OUTCOME_PASSED;
}

static char *transcript_text(const struct case_result *result)
{
    char *text = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&text, &len);
    if (stream == NULL) {
        return NULL;
    }
    transcript_print(stream, &(struct style){false, 200}, result, 2);
    (void)fclose(stream);
    return text;
}

static void outcome_write(xmlTextWriterPtr writer, const struct case_result *result)
{
    static const char *const names[] = {NULL, "failure", "error", "skipped"};
    const char *name = names[outcome_of(result)];
    if (name == NULL) {
        return;
    }
    (void)xmlTextWriterStartElement(writer, XML(name));
    char *message = memory_format("%s%s%s%s%s", result->known ? "known: " : "",
                                  verdict_text(result->verdict), result->actual == NULL ? "" : ": ",
                                  result->actual == NULL ? "" : result->actual,
                                  result->expected == NULL ? "" : "; expected something else");
    attribute(writer, "message", message);
    memory_free(message);
    if (outcome_of(result) != OUTCOME_SKIPPED) {
        attribute(writer, "type", verdict_text(result->verdict));
        char *body = memory_format("expected %s\nactual   %s\nwhy      %s\n",
                                   result->expected == NULL ? "" : result->expected,
                                   result->actual == NULL ? "" : result->actual,
                                   result->why == NULL ? "" : result->why);
        /* Line by line, so that the line ends stay and all else is made visible. */
        char *next = body;
        while (*next != '\0') {
            size_t len = strcspn(next, "\n");
            char *line = visible_text((struct span){(const uint8_t *)next, len});
            (void)xmlTextWriterWriteFormatString(writer, "%s\n", line);
            memory_free(line);
            next += len + (next[len] == '\n' ? 1 : 0);
        }
        memory_free(body);
    }
    (void)xmlTextWriterEndElement(writer);
}

static void case_write(xmlTextWriterPtr writer, const struct case_result *result)
{
    char *name = case_name(result);
    (void)xmlTextWriterStartElement(writer, XML("testcase"));
    attribute(writer, "name", name);
    attribute(writer, "classname", result->protocol);
    attribute(writer, "file", result->file);
    attribute_number(writer, "line", result->line);
    (void)xmlTextWriterWriteFormatAttribute(writer, XML("time"), "%.3f", result->ms / 1000.0);
    properties_write(writer, result);
    outcome_write(writer, result);
    if (result->transcript_count != 0) {
        char *text = transcript_text(result);
        (void)xmlTextWriterWriteElement(writer, XML("system-out"), XML(text));
        memory_free(text);
    }
    (void)xmlTextWriterEndElement(writer);
    memory_free(name);
}

static bool same_file(const struct case_result *a, const struct case_result *b)
{
    return strcmp(a->file == NULL ? "" : a->file, b->file == NULL ? "" : b->file) == 0;
}

static void counts_write(xmlTextWriterPtr writer, const struct run *run,
                         const struct case_result *first)
{
    size_t counts[4] = {0};
    size_t all = 0;
    double ms = 0.0;
    for (size_t i = 0; i < run->result_count; i++) {
        const struct case_result *result = &run->results[i];
        if (first == NULL || same_file(first, result)) {
            counts[outcome_of(result)]++;
            ms += result->ms;
            all++;
        }
    }
    attribute_number(writer, "tests", all);
    attribute_number(writer, "failures", counts[OUTCOME_FAILED]);
    attribute_number(writer, "errors", counts[OUTCOME_ERROR]);
    attribute_number(writer, "skipped", counts[OUTCOME_SKIPPED]);
    (void)xmlTextWriterWriteFormatAttribute(writer, XML("time"), "%.3f",
                                            first == NULL ? run->seconds : ms / 1000.0);
}

/* All cases of one file, in the order of the run. */
static void suite_write(xmlTextWriterPtr writer, const struct run *run, size_t first)
{
    (void)xmlTextWriterStartElement(writer, XML("testsuite"));
    attribute(writer, "name", run->results[first].file);
    counts_write(writer, run, &run->results[first]);
    for (size_t i = first; i < run->result_count; i++) {
        if (same_file(&run->results[first], &run->results[i])) {
            case_write(writer, &run->results[i]);
        }
    }
    (void)xmlTextWriterEndElement(writer);
}

static bool is_first_of_file(const struct run *run, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (same_file(&run->results[i], &run->results[index])) {
            return false;
        }
    }
    return true;
}

void report_junit(const struct report *report, FILE *out)
{
    const struct run *run = report->run;
    xmlBufferPtr buffer = xmlBufferCreate();
    xmlTextWriterPtr writer = buffer == NULL ? NULL : xmlNewTextWriterMemory(buffer, 0);
    if (writer == NULL) {
        xmlBufferFree(buffer);
        return;
    }
    (void)xmlTextWriterSetIndent(writer, 1);
    (void)xmlTextWriterStartDocument(writer, NULL, "UTF-8", NULL);
    (void)xmlTextWriterStartElement(writer, XML("testsuites"));
    attribute(writer, "name", run->target);
    counts_write(writer, run, NULL);
    for (size_t i = 0; i < run->result_count; i++) {
        if (is_first_of_file(run, i)) {
            suite_write(writer, run, i);
        }
    }
    (void)xmlTextWriterEndDocument(writer);
    xmlFreeTextWriter(writer);
    (void)fwrite(buffer->content, 1, buffer->use, out);
    xmlBufferFree(buffer);
}
