/* SPDX-License-Identifier: MIT */
#include "cli/selftest_report.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>

#include "cli/killed.h"
#include "net/buffer.h"
#include "net/memory.h"
#include "reports/text_file.h"

/* Cases that cannot run against the built-in server, and why. */
static const struct {
    const char *id;
    const char *reason;
} excused[] = {
    {"imap.literal.minus", "LITERAL+ is offered, of which LITERAL- is a part"},
    {NULL, NULL},
};

static bool is_excused(const char *problem)
{
    for (size_t i = 0; excused[i].id != NULL; i++) {
        size_t len = strlen(excused[i].id);
        if (strncmp(problem, excused[i].id, len) == 0 && strchr(":[", problem[len]) != NULL &&
            strstr(problem, ": n/a: ") != NULL) {
            return true;
        }
    }
    return false;
}

static void complain(struct selftest *test, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void complain(struct selftest *test, const char *format, ...)
{
    va_list args;
    char text[1024];
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct selftest_words *all = &test->complaints;
    all->items = memory_resize(all->items, all->count + 1, sizeof(char *));
    all->items[all->count++] = memory_text(span_text(text));
}

static size_t failed_count(const struct selftest *test, const struct selftest_run *run)
{
    size_t count = 0;
    for (size_t i = 0; i < test->suite.count; i++) {
        count += run->failed[i] ? 1 : 0;
    }
    return count;
}

/* So much is broken that a failure tells nothing about the case. */
static bool is_broad(const struct selftest *test, const struct selftest_run *run)
{
    size_t count = 0;
    for (size_t i = 0; i < test->suite.count; i++) {
        const struct scenario *scenario = &test->suite.cases[i];
        count += selftest_run_wants(run, scenario) && scenario->selected ? 1 : 0;
    }
    return test->all_cases && failed_count(test, run) * 3 > count;
}

/* The requirement, or the one behind the rule. */
static const char *requirement_of(const char *word)
{
    enum rule rule = rule_by_name(span_text(word));
    return rule == RULE_NONE ? word : rule_info(rule)->requirement;
}

static bool is_same(const struct requirement_register *reg, const char *a, const char *b)
{
    const struct requirement *one = register_find(reg, a);
    const struct requirement *two = register_find(reg, b);
    return strcmp(a, b) == 0 ||
           (one != NULL && one->same_as != NULL && strcmp(one->same_as, b) == 0) ||
           (two != NULL && two->same_as != NULL && strcmp(two->same_as, a) == 0);
}

/* The requirement stands in this section: "rfc3501:6.4.4-i1", "RFC 3501 section 6.4.4". */
static bool is_in_section(const char *requirement, const char *section)
{
    static const char between[] = " section ";
    const char *name = strstr(section, between);
    if (strncmp(section, "RFC ", 4) != 0 || name == NULL) {
        return false;
    }
    name += sizeof between - 1;
    char *start = memory_format("rfc%.*s:%.*s-", (int)strcspn(section + 4, " "), section + 4,
                                (int)strcspn(name, " "), name);
    bool fits = strncmp(requirement, start, strlen(start)) == 0;
    memory_free(start);
    return fits;
}

/* What the fault breaks is among the findings and the requirements that failed. */
static bool is_seen(const struct selftest *test, const struct selftest_run *run)
{
    const char *breaks = fault_info(run->fault)->breaks;
    for (size_t i = 0; i < run->broken.count; i++) {
        const char *word = run->broken.items[i];
        if (strcmp(word, breaks) == 0 || is_in_section(requirement_of(word), breaks) ||
            is_same(&test->data.reg, requirement_of(word), requirement_of(breaks))) {
            return true;
        }
    }
    return false;
}

static void judge_correct(struct selftest *test, const struct selftest_run *run)
{
    if (!run->finished) {
        complain(test, "the run against the correct server did not come to its end");
    }
    for (size_t i = 0; i < run->problems.count; i++) {
        if (!is_excused(run->problems.items[i])) {
            complain(test, "correct server: %s", run->problems.items[i]);
        }
    }
}

static void judge_fault(struct selftest *test, const struct selftest_run *run)
{
    const struct fault_info *info = fault_info(run->fault);
    if (!run->finished) {
        complain(test, "%s: the run did not come to its end", info->name);
    } else if (run->broken.count == 0) {
        complain(test, "%s: no case and no rule sees it", info->name);
    } else if (test->all_cases && !is_seen(test, run)) {
        char *list = memory_text(SPAN_LIT(""));
        for (size_t i = 0; i < run->broken.count && i < 8; i++) {
            char *more = memory_format("%s %s", list, run->broken.items[i]);
            memory_free(list);
            list = more;
        }
        complain(test, "%s: breaks %s, but seen were%s", info->name, info->breaks, list);
        memory_free(list);
    }
}

/* The case judges just what the fault breaks. */
static bool cites(const struct selftest *test, const struct scenario *scenario,
                  const struct selftest_run *run)
{
    const char *breaks = requirement_of(fault_info(run->fault)->breaks);
    for (size_t i = 0; i < scenario->requirement_count; i++) {
        if (is_same(&test->data.reg, scenario->requirements[i].id, breaks)) {
            return true;
        }
    }
    return false;
}

static void judge_cases(struct selftest *test)
{
    for (size_t i = 0; i < test->suite.count; i++) {
        const struct scenario *scenario = &test->suite.cases[i];
        bool killed = !scenario->selected;
        for (size_t k = 0; k < test->run_count && !killed; k++) {
            const struct selftest_run *run = &test->runs[k];
            killed = run->fault != FAULT_COUNT && run->failed[i] &&
                     (!is_broad(test, run) || cites(test, scenario, run));
        }
        if (!killed) {
            complain(test, "%s: no fault makes it fail", scenario->id);
        }
    }
}

static int compare_words(const void *a, const void *b)
{
    const char *const *one = a;
    const char *const *two = b;
    return strcmp(*one, *two);
}

/* The run's line in the table. */
static char *line_of(const struct selftest *test, const struct selftest_run *run)
{
    struct buffer out = {0};
    bool broad = is_broad(test, run);
    size_t count = 0;
    buffer_text(&out, fault_info(run->fault)->name);
    buffer_text(&out, broad ? "\t*" : "\t");
    for (size_t i = 0; i < test->suite.count && !broad; i++) {
        if (run->failed[i]) {
            buffer_text(&out, count++ == 0 ? "" : " ");
            buffer_text(&out, test->suite.cases[i].id);
        }
    }
    qsort(run->broken.items, run->broken.count, sizeof(char *), compare_words);
    buffer_text(&out, "\t");
    count = 0;
    for (size_t i = 0; i < run->broken.count; i++) {
        const char *word = run->broken.items[i];
        if (!broad || rule_by_name(span_text(word)) != RULE_NONE) {
            buffer_text(&out, count++ == 0 ? "" : " ");
            buffer_text(&out, word);
        }
    }
    char *text = memory_text(buffer_span(&out));
    buffer_fini(&out);
    return text;
}

static bool has_failed(const struct selftest *test, const struct selftest_run *run, struct span id)
{
    for (size_t i = 0; i < test->suite.count; i++) {
        if (run->failed[i] && span_equal(span_text(test->suite.cases[i].id), id)) {
            return true;
        }
    }
    return false;
}

/* A case that the table has for a fault and that does not fail under it any more. */
static struct span find_lost(const struct selftest *test, const struct selftest_run *run,
                             struct span cases)
{
    while (cases.len != 0) {
        size_t len = 0;
        while (len < cases.len && cases.ptr[len] != ' ') {
            len++;
        }
        struct span id = span_sub(cases, 0, len);
        /* Cases of delivery wait for mail: on a busy machine they fail now and then. */
        bool sure =
            !span_equal(id, SPAN_LIT("*")) && !span_starts_nocase(id, SPAN_LIT("delivery."));
        if (sure && !has_failed(test, run, id)) {
            return id;
        }
        cases = span_from(cases, len < cases.len ? len + 1 : len);
    }
    return (struct span){0};
}

/* The table in the tree promises nothing that is not seen. */
static void judge_table(struct selftest *test)
{
    struct killed killed;
    killed_load(&killed, test->data.scenarios);
    for (size_t i = 0; i < test->run_count; i++) {
        const struct selftest_run *run = &test->runs[i];
        if (run->fault == FAULT_COUNT) {
            continue;
        }
        const char *name = fault_info(run->fault)->name;
        const struct killed_line *line = killed_find(&killed, name);
        struct span lost = {0};
        if (line != NULL) {
            lost = find_lost(test, run, line->cases);
        }
        if (line == NULL) {
            complain(test, "%s: is not in scenarios/killed.tsv (postel selftest --write)", name);
        } else if (lost.len != 0) {
            complain(test, "%s: makes %.*s fail, says scenarios/killed.tsv, but it does not", name,
                     (int)lost.len, (const char *)lost.ptr);
        }
    }
    killed_fini(&killed);
}

/* What is found on the correct server already tells nothing of a fault. */
static void leave_out_known(struct selftest *test)
{
    const struct selftest_run *correct = &test->runs[0];
    for (size_t i = 1; i < test->run_count && correct->fault == FAULT_COUNT; i++) {
        struct selftest_words *words = &test->runs[i].broken;
        size_t count = 0;
        for (size_t k = 0; k < words->count; k++) {
            if (selftest_words_has(&correct->broken, words->items[k])) {
                memory_free(words->items[k]);
            } else {
                words->items[count++] = words->items[k];
            }
        }
        words->count = count;
    }
}

void selftest_judge(struct selftest *test)
{
    leave_out_known(test);
    for (size_t i = 0; i < test->run_count; i++) {
        if (test->runs[i].fault == FAULT_COUNT) {
            judge_correct(test, &test->runs[i]);
        } else {
            judge_fault(test, &test->runs[i]);
        }
    }
    if (test->all_faults) {
        judge_cases(test);
    }
    if (test->all_cases && test->all_faults && !test->written) {
        judge_table(test);
    }
}

bool selftest_write(const struct selftest *test)
{
    struct text_file file = {0};
    char *path = memory_format("%s/killed.tsv", test->data.scenarios);
    bool ok = text_file_open(&file, path);
    if (ok) {
        (void)fputs("# Written by postel selftest --write: a fault of the built-in server, the "
                    "cases that fail under it (* more than a\n# third), the rules and "
                    "requirements that are found broken.\n",
                    file.stream);
        for (size_t i = 0; i < test->run_count; i++) {
            if (test->runs[i].fault != FAULT_COUNT) {
                char *line = line_of(test, &test->runs[i]);
                (void)fprintf(file.stream, "%s\n", line);
                memory_free(line);
            }
        }
        ok = text_file_close(&file);
    }
    if (!ok) {
        (void)fprintf(stderr, "postel: %s: cannot be written: %s\n", path, strerror(errno));
    }
    memory_free(path);
    return ok;
}

/* --- printing -----------------------------------------------------------------------------------
 */

static void print_fault(const struct selftest *test, const struct selftest_run *run)
{
    const struct fault_info *info = fault_info(run->fault);
    size_t rules = 0;
    for (size_t i = 0; i < run->broken.count; i++) {
        rules += rule_by_name(span_text(run->broken.items[i])) == RULE_NONE ? 0 : 1;
    }
    (void)printf("%-34s %5zu cases %3zu rules  %-8s %s\n", info->name, failed_count(test, run),
                 rules, is_seen(test, run) ? "seen" : "NOT SEEN", info->breaks);
    for (size_t i = 0; test->verbose && i < run->problems.count; i++) {
        (void)printf("    %s\n", run->problems.items[i]);
    }
    for (size_t i = 0; test->verbose && i < run->broken.count; i++) {
        (void)printf("    breaks %s\n", run->broken.items[i]);
    }
}

void selftest_print(const struct selftest *test)
{
    double seconds = 0.0;
    size_t ran = 0;
    for (size_t i = 0; i < test->run_count; i++) {
        const struct selftest_run *run = &test->runs[i];
        seconds += run->seconds;
        if (run->fault != FAULT_COUNT) {
            print_fault(test, run);
            continue;
        }
        for (size_t k = 0; k < test->suite.count; k++) {
            ran += run->ran[k] ? 1 : 0;
        }
        (void)printf("%-34s %5zu cases\n", "correct server", ran);
    }
    (void)puts("");
    for (size_t i = 0; i < test->complaints.count; i++) {
        (void)printf("%s\n", test->complaints.items[i]);
    }
    (void)printf("%zu servers, %zu complaints, %.1f s of conversations\n", test->run_count,
                 test->complaints.count, seconds);
}

static json_t *words_json(const struct selftest_words *words)
{
    json_t *list = json_array();
    for (size_t i = 0; i < words->count; i++) {
        (void)json_array_append_new(list, json_string(words->items[i]));
    }
    return list;
}

void selftest_print_json(const struct selftest *test)
{
    json_t *faults = json_array();
    for (size_t i = 0; i < test->run_count; i++) {
        const struct selftest_run *run = &test->runs[i];
        if (run->fault == FAULT_COUNT) {
            continue;
        }
        const struct fault_info *info = fault_info(run->fault);
        json_t *cases = json_array();
        for (size_t k = 0; k < test->suite.count; k++) {
            if (run->failed[k]) {
                (void)json_array_append_new(cases, json_string(test->suite.cases[k].id));
            }
        }
        (void)json_array_append_new(
            faults, json_pack("{s:s, s:s, s:b, s:o, s:o, s:f}", "fault", info->name, "breaks",
                              info->breaks, "seen", is_seen(test, run) ? 1 : 0, "cases", cases,
                              "broken", words_json(&run->broken), "seconds", run->seconds));
    }
    json_t *object = json_pack("{s:i, s:o, s:o}", "schema", 1, "faults", faults, "complaints",
                               words_json(&test->complaints));
    char *text = json_dumps(object, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
    (void)puts(text == NULL ? "{}" : text);
    free(text);
    json_decref(object);
}

void selftest_fini(struct selftest *test)
{
    for (size_t i = 0; i < test->run_count; i++) {
        selftest_run_fini(&test->runs[i]);
    }
    memory_free(test->runs);
    for (size_t i = 0; i < test->complaints.count; i++) {
        memory_free(test->complaints.items[i]);
    }
    memory_free(test->complaints.items);
    suite_fini(&test->suite);
    data_fini(&test->data);
}
