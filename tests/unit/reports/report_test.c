/* SPDX-License-Identifier: MIT */
/* One hand-made run, written in every format; the JSON and XML are read back by their libraries. */
#include <jansson.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>

#include "net/memory.h"
#include "reports/json.h"
#include "reports/terminal.h"
#include "reports/transcript.h"
#include "tests/support/table.h"

#define TEXT(text) ((char[]){text})

static struct transcript_line lines[] = {
    {.ms = 104.0,
     .conn = TEXT("a"),
     .dir = 'C',
     .tls = true,
     .data = (uint8_t[]){"x1 IDLE\r\n"},
     .len = 9},
    {.ms = 105.7,
     .conn = TEXT("a"),
     .dir = 'S',
     .tls = true,
     .marked = true,
     .data = (uint8_t[]){"+ go\xE9\x01\x1B[2J\r\n"},
     .len = 12,
     .folded = 1204},
};

static struct requirement_verdict verdicts[] = {
    {TEXT("rfc2177:3-1"), LEVEL_MAY, VERDICT_PASS},
    {TEXT("rfc2177:3-2"), LEVEL_MUST, VERDICT_FAIL},
};

static struct observation observations[] = {{TEXT("push"), TEXT("yes")}};

static size_t indices[] = {0};

static struct case_result results[] = {
    {
        .id = TEXT("imap.idle.expunge"),
        .row = TEXT("n=7"),
        .title = TEXT("An expunge | reaches <others>"),
        .protocol = TEXT("imap"),
        .file = TEXT("imap/idle.scn"),
        .line = 12,
        .why = TEXT("A phone shows ghosts."),
        .verdict = VERDICT_FAIL,
        .start_ms = 100.0,
        .ms = 41.25,
        .expected = TEXT("* 2 EXPUNGE"),
        .actual = TEXT("+ go\x1B[2J # \"quoted\""),
        .requirements = verdicts,
        .requirement_count = 2,
        .observations = observations,
        .observation_count = 1,
        .transcript = lines,
        .transcript_count = 2,
        .findings = indices,
        .finding_count = 1,
    },
    {.id = TEXT("imap.idle.done"),
     .title = TEXT("DONE ends it"),
     .protocol = TEXT("imap"),
     .file = TEXT("imap/idle.scn"),
     .line = 40,
     .verdict = VERDICT_PASS,
     .ms = 3.0},
    {.id = TEXT("pop3.uidl.stable"),
     .title = TEXT("Stable"),
     .protocol = TEXT("pop3"),
     .file = TEXT("pop3/uidl.scn"),
     .line = 7,
     .verdict = VERDICT_NA,
     .actual = TEXT("UIDL is not offered"),
     .ms = 1.0},
    {.id = TEXT("pop3.top.lines"),
     .title = TEXT("Lines"),
     .protocol = TEXT("pop3"),
     .file = TEXT("pop3/uidl.scn"),
     .line = 9,
     .verdict = VERDICT_FAIL,
     .known = true,
     .ms = 1.0},
};

static struct run_finding findings[] = {
    {.rule = RULE_LIMIT_UNIT,
     .side = SIDE_SERVER,
     .case_id = TEXT("imap.idle.expunge[n=7]"),
     .conn = TEXT("a"),
     .off = 1234,
     .len = 4,
     .excerpt = (uint8_t[]){"* OK\r\n"},
     .excerpt_len = 6,
     .excerpt_pos = 4,
     .text = TEXT("a text is missing")},
};

static char *capabilities[] = {TEXT("IMAP4rev1"), TEXT("IDLE")};

static struct run_peer peers[] = {
    {TEXT("imap"), TEXT("imap://127.0.0.1:1143"), TEXT("* OK hello"), capabilities, 2},
};

static struct run run = {
    .target = TEXT("dovecot & <co>"),
    .profile = TEXT("rfc9051"),
    .peers = peers,
    .peer_count = 1,
    .started = 1795214400,
    .seconds = 12.345,
    .seed = 0x7f3a,
    .planned = 4,
    .results = results,
    .result_count = 4,
    .findings = findings,
    .finding_count = 1,
    .counts = {[VERDICT_PASS] = 1, [VERDICT_FAIL] = 2, [VERDICT_NA] = 1},
};

static struct coverage_rfc rfcs[] = {{3501, 312, 240, 190, 2}};
static const struct coverage covered = {.rfcs = rfcs, .count = 1};
static const struct report report = {
    .run = &run, .coverage = &covered, .version = "0.1.0", .again = " -t x.ini --seed 7f3a"};

static char *written(void (*write)(const struct report *, FILE *))
{
    char *text = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&text, &len);
    assert_non_null(stream);
    write(&report, stream);
    assert_int_equal(fclose(stream), 0);
    return text;
}

static const char *string_at(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    assert_true(json_is_string(value));
    return json_string_value(value);
}

static void integer_is(const json_t *object, const char *name, json_int_t value)
{
    assert_true(json_is_integer(json_object_get(object, name)));
    assert_int_equal(json_integer_value(json_object_get(object, name)), value);
}

static void case_is_whole(const json_t *item)
{
    assert_string_equal(string_at(item, "id"), "imap.idle.expunge");
    assert_string_equal(string_at(item, "row"), "n=7");
    assert_string_equal(string_at(item, "protocol"), "imap");
    assert_string_equal(string_at(item, "status"), "fail");
    assert_true(json_is_false(json_object_get(item, "known")));
    const json_t *requirement = json_array_get(json_object_get(item, "requirements"), 1);
    assert_string_equal(string_at(requirement, "id"), "rfc2177:3-2");
    assert_string_equal(string_at(requirement, "level"), "MUST");
    assert_string_equal(string_at(requirement, "status"), "fail");
    assert_string_equal(string_at(item, "file"), "imap/idle.scn");
    integer_is(item, "line", 12);
    assert_true(json_number_value(json_object_get(item, "ms")) > 41.2);
    assert_string_equal(string_at(item, "expected"), "* 2 EXPUNGE");
    assert_string_equal(string_at(item, "why"), "A phone shows ghosts.");
    assert_int_equal(json_integer_value(json_array_get(json_object_get(item, "findings"), 0)), 0);
    const json_t *first = json_array_get(json_object_get(item, "transcript"), 0);
    assert_string_equal(string_at(first, "data"), "x1 IDLE\r\n");
    assert_null(json_object_get(first, "encoding"));
    assert_string_equal(string_at(first, "dir"), "C");
    assert_string_equal(string_at(first, "conn"), "a");
    assert_true(json_is_true(json_object_get(first, "tls")));
    const json_t *second = json_array_get(json_object_get(item, "transcript"), 1);
    assert_string_equal(string_at(second, "data"), "+ go\xC3\xA9\x01\x1B[2J\r\n");
    assert_string_equal(string_at(second, "encoding"), "latin1");
    integer_is(second, "folded", 1204);
}

static void json_is_schema_1(void **state)
{
    (void)state;
    char *text = written(report_json);
    json_error_t error;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(root);
    integer_is(root, "schema", 1);
    assert_string_equal(string_at(root, "postel"), "0.1.0");
    assert_string_equal(string_at(root, "started"), "2026-11-20T22:40:00Z");
    assert_string_equal(string_at(root, "seed"), "7f3a");
    assert_true(json_number_value(json_object_get(root, "seconds")) > 12.3);
    const json_t *target = json_object_get(root, "target");
    assert_string_equal(string_at(target, "name"), "dovecot & <co>");
    assert_string_equal(json_string_value(json_array_get(json_object_get(target, "urls"), 0)),
                        "imap://127.0.0.1:1143");
    assert_string_equal(string_at(json_object_get(target, "greeting"), "imap"), "* OK hello");
    const json_t *list = json_object_get(json_object_get(target, "capabilities"), "imap");
    assert_string_equal(json_string_value(json_array_get(list, 1)), "IDLE");
    integer_is(json_object_get(root, "summary"), "fail", 2);
    integer_is(json_object_get(root, "summary"), "n/a", 1);
    integer_is(json_object_get(root, "summary"), "error", 0);
    assert_int_equal(json_array_size(json_object_get(root, "results")), 4);
    case_is_whole(json_array_get(json_object_get(root, "results"), 0));
    assert_true(
        json_is_null(json_object_get(json_array_get(json_object_get(root, "results"), 1), "row")));
    const json_t *finding = json_array_get(json_object_get(root, "findings"), 0);
    assert_string_equal(string_at(finding, "rule"), "limit.unit");
    assert_string_equal(string_at(finding, "side"), "server");
    assert_string_equal(string_at(finding, "case"), "imap.idle.expunge[n=7]");
    assert_string_equal(string_at(finding, "excerpt"), "* OK\r\n");
    integer_is(finding, "offset", 1234);
    integer_is(finding, "length", 4);
    const json_t *coverage = json_array_get(json_object_get(root, "coverage"), 0);
    assert_string_equal(string_at(coverage, "rfc"), "rfc3501");
    integer_is(coverage, "requirements", 312);
    integer_is(coverage, "testable", 240);
    integer_is(coverage, "tested", 190);
    integer_is(coverage, "violated", 2);
    json_decref(root);
    free(text);
}

static void ndjson_is_an_event_a_line(void **state)
{
    (void)state;
    static const char *const events[] = {"run", "finding", "case", "observation", "end"};
    char *text = NULL;
    size_t len = 0;
    struct ndjson ndjson = {open_memstream(&text, &len), "0.1.0", 0};
    ndjson_begun(&ndjson, &run);
    ndjson_found(&ndjson, &run, &findings[0]);
    ndjson_case_ended(&ndjson, &run, &results[0]);
    ndjson_ended(&ndjson, &run);
    assert_int_equal(fclose(ndjson.out), 0);
    char *line = text;
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        char *end = strchr(line, '\n');
        assert_non_null(end);
        *end = '\0';
        json_t *event = json_loads(line, 0, NULL);
        assert_non_null(event);
        assert_string_equal(string_at(event, "event"), events[i]);
        json_decref(event);
        line = end + 1;
    }
    assert_string_equal(line, "");
    free(text);
}

static double xpath_number(xmlDocPtr document, const char *expression)
{
    xmlXPathContextPtr context = xmlXPathNewContext(document);
    xmlXPathObjectPtr object = xmlXPathEvalExpression((const xmlChar *)expression, context);
    assert_non_null(object);
    double value = xmlXPathCastToNumber(object);
    xmlXPathFreeObject(object);
    xmlXPathFreeContext(context);
    return value;
}

static void xpath_is(xmlDocPtr document, const char *expression, int value)
{
    double number = xpath_number(document, expression);
    assert_int_equal((int)number, value);
}

static void junit_is_well_formed(void **state)
{
    (void)state;
    char *text = written(report_junit);
    xmlDocPtr document = xmlReadMemory(text, (int)strlen(text), NULL, NULL, XML_PARSE_NONET);
    assert_non_null(document);
    xpath_is(document, "count(/testsuites/testsuite)", 2);
    xpath_is(document, "number(/testsuites/@tests)", 4);
    xpath_is(document, "number(/testsuites/@failures)", 1);
    xpath_is(document, "number(/testsuites/@skipped)", 2);
    xpath_is(document, "count(/testsuites/testsuite[@name='imap/idle.scn']/testcase)", 2);
    xpath_is(document, "count(//testcase[@name='imap.idle.expunge[n=7]']/failure)", 1);
    xpath_is(document, "count(//testcase[@name='imap.idle.expunge[n=7]']/system-out)", 1);
    xpath_is(document, "count(//testcase[@name='pop3.uidl.stable']/skipped)", 1);
    /* What the baseline knows does not fail. */
    xpath_is(document, "count(//testcase[@name='pop3.top.lines']/failure)", 0);
    xpath_is(document, "count(//property[@name='requirement'][@value='rfc2177:3-2'])", 1);
    xpath_is(document, "count(//property[@name='known'][@value='true'])", 1);
    xpath_is(document, "count(//system-out[contains(., '+ go\\xe9\\x01\\x1b[2J')])", 1);
    xmlFreeDoc(document);
    free(text);
}

static void tap_is_version_14(void **state)
{
    (void)state;
    char *text = written(report_tap);
    assert_non_null(strstr(text, "TAP version 14\n1..4\n"));
    assert_non_null(strstr(text, "\nnot ok 1 - imap.idle.expunge[n=7]: An expunge"));
    assert_non_null(strstr(text, "\n  ---\n  verdict: \"fail\"\n  requirement: \"rfc2177:3-2\"\n"));
    assert_non_null(strstr(text, "  actual: \"+ go\\\\x1b[2J # \\\"quoted\\\"\"\n"));
    assert_non_null(strstr(text, "\nok 2 - imap.idle.done: DONE ends it\n"));
    assert_non_null(
        strstr(text, "\nok 3 - pop3.uidl.stable: Stable # SKIP n/a: UIDL is not offered\n"));
    assert_non_null(strstr(text, "\nnot ok 4 - pop3.top.lines: Lines # TO"
                                 "DO known\n"));
    free(text);
}

static void markdown_is_escaped(void **state)
{
    (void)state;
    char *text = written(report_markdown);
    assert_non_null(strstr(text, "## postel: dovecot &amp; &lt;co>\n"));
    assert_non_null(strstr(text, "1 pass  2 fail (1 new)  1 n/a, 12.3 s, seed 7f3a"));
    assert_non_null(strstr(text, "| An expunge \\| reaches &lt;others> |"));
    assert_non_null(strstr(text, "### Known"));
    free(text);
}

static void sarif_is_json(void **state)
{
    (void)state;
    char *text = written(report_sarif);
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    assert_string_equal(string_at(root, "version"), "2.1.0");
    const json_t *one = json_array_get(json_object_get(root, "runs"), 0);
    const json_t *list = json_object_get(one, "results");
    assert_int_equal(json_array_size(list), 2);
    assert_string_equal(string_at(json_array_get(list, 0), "ruleId"), "rfc2177:3-2");
    assert_string_equal(string_at(json_array_get(list, 0), "level"), "error");
    assert_int_equal(json_array_size(json_object_get(json_array_get(list, 1), "suppressions")), 1);
    json_decref(root);
    free(text);
}

static const char golden[] =
    "FAIL  imap.idle.expunge[n=7]                        RFC 2177 section 3  MUST\n"
    "      An expunge | reaches <others>\n"
    "      imap/idle.scn:12\n"
    "         0.004  a.C~ x1 IDLE\n"
    "      >  0.006  a.S~ + go\\xe9\\x01\\x1b[2J … 1,204 octets …\n"
    "      expected  * 2 EXPUNGE\n"
    "      actual    + go\\x1b[2J # \"quoted\"\n"
    "      why: A phone shows ghosts.\n"
    "      again: postel check 'imap.idle.expunge[n=7]' -t x.ini --seed 7f3a\n"
    "\n";

static char *terminal_text(struct terminal *terminal)
{
    char *text = NULL;
    size_t len = 0;
    terminal->out = open_memstream(&text, &len);
    terminal_begun(terminal, &run);
    for (size_t i = 0; i < run.result_count; i++) {
        terminal_case_begun(terminal, &run, results[i].id);
        terminal_case_ended(terminal, &run, &results[i]);
    }
    terminal_finish(terminal, &report);
    assert_int_equal(fclose(terminal->out), 0);
    terminal_fini(terminal);
    return text;
}

static void log_tells_failures(void **state)
{
    (void)state;
    struct terminal terminal = {.progress = PROGRESS_LINE,
                                .verbose = 1,
                                .again = report.again,
                                .version = "0.1.0",
                                .jobs = 2};
    char *text = terminal_text(&terminal);
    assert_non_null(strstr(
        text, "postel 0.1.0  dovecot & <co>   profile rfc9051   seed 7f3a   4 cases, 2 workers\n"));
    assert_non_null(strstr(text, golden));
    assert_null(strstr(text, "imap.idle.done"));
    assert_null(strchr(text, '\033'));
    assert_null(strchr(text, '\r'));
    assert_non_null(strstr(text, "\n1 pass  2 fail (1 new)  1 n/a      12.3 s\n"));
    free(text);
}

static void fixtures_are_one_line(void **state)
{
    (void)state;
    struct transcript_line some[] = {
        {.conn = TEXT("fixture0-in"), .dir = 'S', .data = (uint8_t[]){"* OK\r\n"}, .len = 6},
        {.conn = TEXT("fixture0-in"), .dir = 'C', .data = (uint8_t[]){"f1 NOOP\r\n"}, .len = 9},
        {.conn = TEXT("a"), .dir = 'S', .data = (uint8_t[]){"* BYE\r\n"}, .len = 7},
        {.conn = TEXT("fixture0-out"), .dir = 'S', .data = (uint8_t[]){"* OK\r\n"}, .len = 6},
        {.conn = TEXT("fixture0-out"), .dir = 'S', .data = (uint8_t[]){"f1 NO\r\n"}, .len = 7},
    };
    const struct case_result result = {.transcript = some, .transcript_count = 5};
    const struct style style = {0};
    /* A failure there is shown whole. */
    for (unsigned marked = 0; marked < 2; marked++) {
        char *text = NULL;
        size_t len = 0;
        some[4].marked = marked == 1;
        FILE *out = open_memstream(&text, &len);
        transcript_print(out, &style, &result, 4);
        assert_int_equal(fclose(out), 0);
        assert_string_equal(text, marked == 0 ? "     0.000  fixture0-in.-- 2 lines, all well\n"
                                                "     0.000  a.S: * BYE\n"
                                                "     0.000  fixture0-out.-- 2 lines, all well\n"
                                              : "     0.000  fixture0-in.-- 2 lines, all well\n"
                                                "     0.000  a.S: * BYE\n"
                                                "     0.000  fixture0-out.S: * OK\n"
                                                "  >  0.000  fixture0-out.S: f1 NO\n");
        free(text);
    }
}

static void bar_is_cleared(void **state)
{
    (void)state;
    struct terminal terminal = {.progress = PROGRESS_BAR, .verbose = 1, .version = "0.1.0"};
    terminal.style.color = true;
    char *text = terminal_text(&terminal);
    assert_non_null(strstr(text, "\033[31mFAIL "));
    const char *last = strrchr(text, '\r');
    assert_true(last == NULL || strncmp(last, "\r\033[K", 4) == 0);
    free(text);
}

static void unexpected_is_counted(void **state)
{
    (void)state;
    assert_int_equal(report_unexpected(&run, false), 1);
    struct case_result lax = {.verdict = VERDICT_NONSTRICT};
    struct run other = {.results = &lax, .result_count = 1};
    assert_int_equal(report_unexpected(&other, false), 0);
    assert_int_equal(report_unexpected(&other, true), 1);
}

static const struct caret_row {
    const char *name;
    const char *excerpt;
    size_t pos;
    const char *out;
} carets[] = {
    {"in the middle", "* OX x\r\n", 3, "    S: * OX x\\r\\n\n          ^\n"},
    {"behind an escape",
     "a\tb\x01"
     "c",
     4, "    S: a\\tb\\x01c\n               ^\n"},
    {"at the end", "ab", 2, "    S: ab\n         ^\n"},
};

static void check_caret(void **state)
{
    const struct caret_row *row = *state;
    struct run_finding finding = {.side = SIDE_SERVER, .excerpt_pos = row->pos};
    finding.excerpt = memory_copy(span_text(row->excerpt));
    finding.excerpt_len = strlen(row->excerpt);
    char *text = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&text, &len);
    excerpt_print(stream, &(struct style){0}, &finding, 4);
    assert_int_equal(fclose(stream), 0);
    assert_string_equal(text, row->out);
    free(text);
    memory_free(finding.excerpt);
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = 0;
    count = TABLE_ADD(tests, count, carets, check_caret);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(json_is_schema_1);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(ndjson_is_an_event_a_line);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(junit_is_well_formed);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(tap_is_version_14);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(markdown_is_escaped);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(sarif_is_json);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(log_tells_failures);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(fixtures_are_one_line);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(bar_is_cleared);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(unexpected_is_counted);
    return table_run("report", tests, count);
}
