/* SPDX-License-Identifier: MIT */
/* The parent starts a worker; the worker starts the server, runs the cases against it, and writes
   what came of them, a line each: a letter, a tab, the index of a case or nothing, a tab, text. */
#include "cli/selftest_run.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/serve_target.h"
#include "net/memory.h"
#include "scenarios/engine/runner.h"
#include "scenarios/engine/target.h"
#include "server/server.h"

enum { JOBS = 8, FAULTY_TIMEOUT_MS = 2000, SILENT_MAX = 4, READ_MAX = 64 * 1024 };

/* Waits are for real servers; ours answers at once. */
static const double faulty_scale = 0.3;

/* --- the server ---------------------------------------------------------------------------------
 */

static const struct server_address doors[] = {
    {.protocol = PROTOCOL_SMTP}, {.protocol = PROTOCOL_SUBMISSION}, {.protocol = PROTOCOL_LMTP},
    {.protocol = PROTOCOL_POP3}, {.protocol = PROTOCOL_IMAP},
};

static void stop(void *loop, int number)
{
    (void)number;
    loop_stop(loop);
}

static bool write_all(int fd, const char *text)
{
    size_t len = strlen(text);
    while (len != 0) {
        ssize_t done = write(fd, text, len);
        if (done < 0 && errno != EINTR) {
            return false;
        }
        text += done < 0 ? 0 : done;
        len -= done < 0 ? 0 : (size_t)done;
    }
    return true;
}

/* Serves until it is told to stop; does not come back. */
_Noreturn static void serve(enum fault fault, const char *ca_file, const char *target, int ready)
{
    char *error = NULL;
    struct loop *loop = loop_new();
    struct server_config config = {
        .addresses = doors,
        .address_count = sizeof doors / sizeof doors[0],
        .tls = true,
        .ca_file = ca_file,
    };
    if (fault != FAULT_COUNT) {
        fault_set_add(&config.service.faults, fault);
    }
    struct server *server = server_start(loop, &config, &error);
    if (server == NULL || !serve_target_write(server, &config, target) ||
        !write_all(ready, "ready")) {
        (void)fprintf(stderr, "postel: %s\n", error == NULL ? "the server does not start" : error);
        _exit(EXIT_INTERNAL);
    }
    (void)close(ready);
    loop_on_signal(loop, stop, loop);
    loop_run(loop);
    server_stop(&server);
    loop_free(&loop);
    _exit(EXIT_NOTHING);
}

/* The server's process; 0 when it does not start. */
static int start_server(enum fault fault, const char *ca_file, const char *target)
{
    int ends[2];
    char octet = 0;
    if (pipe(ends) != 0) {
        return 0;
    }
    int pid = fork();
    if (pid == 0) {
        (void)close(ends[0]);
        serve(fault, ca_file, target, ends[1]);
    }
    (void)close(ends[1]);
    bool ready = pid > 0 && read(ends[0], &octet, 1) == 1;
    (void)close(ends[0]);
    if (!ready && pid > 0) {
        (void)waitpid(pid, NULL, 0);
    }
    return ready ? pid : 0;
}

/* --- the worker ---------------------------------------------------------------------------------
 */

static size_t index_of(const struct suite *suite, const char *id)
{
    size_t len = strcspn(id, "[");
    for (size_t i = 0; i < suite->count; i++) {
        if (strncmp(suite->cases[i].id, id, len) == 0 && suite->cases[i].id[len] == '\0') {
            return i;
        }
    }
    return 0;
}

static bool is_bad(enum verdict verdict)
{
    return verdict == VERDICT_FAIL || verdict == VERDICT_CRASH || verdict == VERDICT_NONSTRICT;
}

static void tell_result(FILE *out, const struct suite *suite, const struct case_result *result)
{
    static const char letters[VERDICT_COUNT] = {
        [VERDICT_PASS] = 'p',  [VERDICT_INFO] = 'p',      [VERDICT_FAIL] = 'k',
        [VERDICT_CRASH] = 'k', [VERDICT_NONSTRICT] = 'k', [VERDICT_NA] = 'n',
        [VERDICT_SKIP] = 'x',  [VERDICT_BLOCKED] = 'x',   [VERDICT_FLAKY] = 'x',
        [VERDICT_ERROR] = 'x'};
    char *actual = memory_text(span_text(result->actual == NULL ? "" : result->actual));
    for (char *c = actual; *c != '\0'; c++) {
        *c = (unsigned char)*c < ' ' ? ' ' : *c;
    }
    (void)fprintf(out, "%c\t%zu\t%s%s%s%s: %s: %s\n", letters[result->verdict],
                  index_of(suite, result->id), result->id, result->row == NULL ? "" : "[",
                  result->row == NULL ? "" : result->row, result->row == NULL ? "" : "]",
                  verdict_text(result->verdict), actual);
    memory_free(actual);
    for (size_t i = 0; i < result->requirement_count; i++) {
        if (is_bad(result->requirements[i].verdict)) {
            (void)fprintf(out, "r\t0\t%s\n", result->requirements[i].id);
        }
    }
}

static void tell_run(FILE *out, const struct suite *suite, const struct run *run)
{
    for (size_t i = 0; i < run->result_count; i++) {
        tell_result(out, suite, &run->results[i]);
    }
    for (size_t i = 0; i < run->finding_count; i++) {
        const struct run_finding *finding = &run->findings[i];
        if (finding->side == SIDE_SERVER && !finding->consequence) {
            (void)fprintf(out, "f\t%zu\t%s\n", index_of(suite, finding->case_id),
                          rule_info(finding->rule)->name);
            (void)fprintf(out, "d\t0\t%s: finding: %s: %s\n", finding->case_id,
                          rule_info(finding->rule)->name,
                          finding->text == NULL ? "" : finding->text);
        }
    }
    (void)fprintf(out, "e\t0\t%.3f\n", run->seconds);
}

static bool run_cases(enum fault fault, const struct suite *suite, const char *file, FILE *out)
{
    struct target target = {0};
    struct problems problems = {0};
    struct run run = {0};
    bool faulty = fault != FAULT_COUNT;
    struct run_options options = {
        .jobs = JOBS,
        .seed = 1,
        .allowed = 1U << SAFETY_SEND | 1U << SAFETY_WRITE | 1U << SAFETY_DESTRUCTIVE,
        .timeout_ms = faulty ? (uint64_t)(FAULTY_TIMEOUT_MS / faulty_scale) : 0,
        .time_scale = faulty ? faulty_scale : 0.0,
        .silent_max = faulty ? SILENT_MAX : 0,
    };
    bool ok = target_load(&target, file, &problems) && target_ready(&target, false, &problems);
    problems_print(&problems, stderr);
    if (ok) {
        enum runner_rc rc = runner_run(suite, &target, &options, NULL, &run);
        /* A server that greets nobody is a fault like any other. */
        ok = rc != RUNNER_NOTHING;
        tell_run(out, suite, &run);
    }
    run_fini(&run);
    target_fini(&target);
    problems_fini(&problems);
    return ok;
}

_Noreturn static void work(const struct selftest_run *run, const struct suite *suite,
                           const char *folder, int out)
{
    FILE *stream = fdopen(out, "w");
    char *stem = memory_format("%s/%u", folder, (unsigned)run->fault);
    char *ca_file = memory_format("%s.pem", stem);
    char *target = memory_format("%s.ini", stem);
    int server = start_server(run->fault, ca_file, target);
    bool ok = stream != NULL && server > 0 && run_cases(run->fault, suite, target, stream);
    if (server > 0) {
        int status = 0;
        (void)kill(server, SIGTERM);
        ok = waitpid(server, &status, 0) == server && status == 0 && ok;
    }
    (void)unlink(ca_file);
    (void)unlink(target);
    memory_free(stem);
    memory_free(ca_file);
    memory_free(target);
    ok = stream != NULL && fclose(stream) == 0 && ok;
    _exit(ok ? EXIT_NOTHING : EXIT_INTERNAL);
}

/* --- the parent ---------------------------------------------------------------------------------
 */

bool selftest_run_wants(const struct selftest_run *run, const struct scenario *scenario)
{
    const char *protocol = scenario->protocol;
    return run->protocol == NULL || strcmp(protocol, run->protocol) == 0 ||
           strcmp(protocol, "delivery") == 0 ||
           (strcmp(run->protocol, "smtp") == 0 &&
            (strcmp(protocol, "lmtp") == 0 || strcmp(protocol, "submission") == 0));
}

void selftest_run_start(struct selftest_run *run, const struct suite *suite, const char *folder)
{
    int ends[2];
    run->started = true;
    run->pipe = -1;
    run->failed = memory_zero(suite->count, sizeof(bool));
    run->ran = memory_zero(suite->count, sizeof(bool));
    if (pipe(ends) != 0) {
        return;
    }
    (void)fflush(NULL);
    int pid = fork();
    if (pid == 0) {
        (void)close(ends[0]);
        for (size_t i = 0; i < suite->count; i++) {
            struct scenario *scenario = &suite->cases[i];
            scenario->selected = scenario->selected && selftest_run_wants(run, scenario);
        }
        work(run, suite, folder, ends[1]);
    }
    (void)close(ends[1]);
    run->pid = pid;
    run->pipe = ends[0];
}

bool selftest_words_has(const struct selftest_words *words, const char *word)
{
    for (size_t i = 0; i < words->count; i++) {
        if (strcmp(words->items[i], word) == 0) {
            return true;
        }
    }
    return false;
}

static void words_add(struct selftest_words *words, const char *word)
{
    if (!selftest_words_has(words, word)) {
        words->items = memory_resize(words->items, words->count + 1, sizeof(char *));
        words->items[words->count++] = memory_text(span_text(word));
    }
}

static void words_fini(struct selftest_words *words)
{
    for (size_t i = 0; i < words->count; i++) {
        memory_free(words->items[i]);
    }
    memory_free(words->items);
    *words = (struct selftest_words){0};
}

static void take_line(struct selftest_run *run, const struct suite *suite, const char *line)
{
    char *end = NULL;
    if (line[0] == '\0' || line[1] != '\t') {
        return;
    }
    size_t index = strtoul(line + 2, &end, 10);
    const char *text = *end == '\t' ? end + 1 : end;
    if (index >= suite->count) {
        return;
    }
    switch (line[0]) {
    case 'k':
        run->failed[index] = true;
        run->ran[index] = true;
        words_add(&run->problems, text);
        break;
    case 'p':
        run->ran[index] = true;
        break;
    case 'f':
    case 'r':
        words_add(&run->broken, text);
        break;
    case 'n':
    case 'd':
    case 'x':
        words_add(&run->problems, text);
        break;
    case 'e':
        run->seconds = strtod(text, NULL);
        break;
    default:
        break;
    }
}

static void take_text(struct selftest_run *run, const struct suite *suite)
{
    char *line = run->text;
    for (size_t i = 0; i < run->len; i++) {
        if (run->text[i] == '\n') {
            run->text[i] = '\0';
            take_line(run, suite, line);
            line = run->text + i + 1;
        }
    }
    memory_free(run->text);
    run->text = NULL;
    run->len = 0;
}

bool selftest_run_read(struct selftest_run *run, const struct suite *suite)
{
    int status = 0;
    if (run->pipe >= 0) {
        run->text = memory_resize(run->text, run->len + READ_MAX, 1);
        ssize_t got = read(run->pipe, run->text + run->len, READ_MAX);
        if (got > 0) {
            run->len += (size_t)got;
            return true;
        }
        if (got < 0 && errno == EINTR) {
            return true;
        }
        (void)close(run->pipe);
        run->pipe = -1;
    }
    if (run->pid > 0) {
        run->finished = waitpid(run->pid, &status, 0) == run->pid && status == 0;
        run->pid = 0;
    }
    take_text(run, suite);
    return false;
}

void selftest_run_fini(struct selftest_run *run)
{
    if (run->pid > 0) {
        (void)kill(run->pid, SIGTERM);
        (void)waitpid(run->pid, NULL, 0);
    }
    if (run->started && run->pipe >= 0) {
        (void)close(run->pipe);
    }
    words_fini(&run->broken);
    words_fini(&run->problems);
    memory_free(run->failed);
    memory_free(run->ran);
    memory_free(run->text);
    *run = (struct selftest_run){.pipe = -1};
}
