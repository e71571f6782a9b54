/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/again.h"
#include "cli/cases.h"
#include "cli/check_target.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/outputs.h"
#include "cli/select.h"
#include "net/memory.h"
#include "reports/terminal.h"
#include "scenarios/engine/runner.h"

/* All that a check holds; filled from the top to the bottom. */
struct check {
    const struct arguments *arguments;
    struct data data;
    struct suite suite;
    struct target target;
    const char **words; /* selectors and files */
    struct selection selection;
    struct baseline baseline;
    struct outputs outputs;
    struct terminal terminal;
    struct run_options options;
    char *again;
    struct run run;
};

static bool scale_read(const struct arguments *arguments, double *out)
{
    const char *text = arguments_value(arguments, "time-scale");
    if (text == NULL) {
        return true;
    }
    char *end = NULL;
    *out = strtod(text, &end);
    if (end == text || *end != '\0' || !(*out >= 0.1 && *out <= 100.0)) {
        (void)usage_error(arguments->command,
                          "--time-scale: expected a number from 0.1 to 100, not %s", text);
        return false;
    }
    return true;
}

static bool options_read(struct check *check)
{
    const struct arguments *arguments = check->arguments;
    struct run_options *options = &check->options;
    uint64_t jobs = 4;
    uint64_t retries = 0;
    uint64_t repeat = 1;
    uint64_t failures = 0;
    *options = (struct run_options){0};
    if (!arguments_number(arguments, "jobs", 1, 256, &jobs) ||
        !arguments_number(arguments, "retries", 1, 10, &retries) ||
        !arguments_number(arguments, "repeat", 1, 100000, &repeat) ||
        !arguments_number(arguments, "max-failures", 1, SIZE_MAX, &failures) ||
        !arguments_seed(arguments, &options->seed) ||
        !arguments_duration(arguments, "timeout", &options->timeout_ms) ||
        !scale_read(arguments, &options->time_scale)) {
        return false;
    }
    options->jobs = (unsigned)jobs;
    options->retries = (unsigned)retries;
    options->repeat = (unsigned)repeat;
    options->max_failures = (size_t)failures;
    options->allowed = target_allowed(&check->target);
    options->profile = check->target.profile;
    options->keep_passed =
        arguments_count(arguments, "verbose") >= 2 || arguments_value(arguments, "keep") != NULL;
    return true;
}

static bool color_wanted(const struct arguments *arguments, FILE *out, bool *ok)
{
    const char *value = arguments_value(arguments, "color");
    const char *none = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    *ok = true;
    if (value == NULL || strcmp(value, "auto") == 0) {
        return isatty(fileno(out)) == 1 && (none == NULL || *none == '\0') &&
               (term == NULL || strcmp(term, "dumb") != 0);
    }
    *ok = strcmp(value, "always") == 0 || strcmp(value, "never") == 0;
    return strcmp(value, "always") == 0;
}

static bool progress_read(const struct arguments *arguments, FILE *out, enum progress *progress)
{
    const char *value = arguments_value(arguments, "progress");
    if (value == NULL || strcmp(value, "auto") == 0) {
        *progress = isatty(fileno(out)) == 1 ? PROGRESS_BAR : PROGRESS_LINE;
    } else if (strcmp(value, "bar") == 0) {
        *progress = PROGRESS_BAR;
    } else if (strcmp(value, "line") == 0) {
        *progress = PROGRESS_LINE;
    } else if (strcmp(value, "none") == 0) {
        *progress = PROGRESS_NONE;
    } else {
        return false;
    }
    return true;
}

static int terminal_make(struct check *check)
{
    const struct arguments *arguments = check->arguments;
    FILE *out = outputs_use_stdout(&check->outputs) ? stderr : stdout;
    bool ok = false;
    struct terminal *t = &check->terminal;
    *t = (struct terminal){
        .out = out,
        .style = {color_wanted(arguments, out, &ok), 100},
        .verbose = 1,
        .quiet = arguments_value(arguments, "quiet") != NULL,
        .reg = &check->data.reg,
        .baseline = check->baseline.file == NULL ? NULL : &check->baseline,
        .again = check->again,
        .version = POSTEL_VERSION,
        .jobs = check->options.jobs,
    };
    if (!ok) {
        return usage_error(arguments->command, "--color is auto, always or never");
    }
    if (!progress_read(arguments, out, &t->progress)) {
        return usage_error(arguments->command, "--progress is auto, bar, line or none");
    }
    size_t verbose = arguments_count(arguments, "verbose");
    t->verbose = verbose > 1 ? (unsigned)verbose : 1;
    struct winsize size;
    if (isatty(fileno(out)) == 1 && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 &&
        size.ws_col >= 60) {
        t->style.width = (unsigned)size.ws_col - 25;
    }
    return EXIT_NOTHING;
}

static int baseline_open(struct check *check)
{
    const char *file = arguments_value(check->arguments, "baseline");
    if (file == NULL) {
        return EXIT_NOTHING;
    }
    struct problems problems = {0};
    char today[16] = "";
    time_t clock = time(NULL);
    struct tm parts;
    if (gmtime_r(&clock, &parts) != NULL) {
        (void)strftime(today, sizeof today, "%Y-%m-%d", &parts);
    }
    bool ok = baseline_load(&check->baseline, file, today, &problems);
    problems_print(&problems, stderr);
    problems_fini(&problems);
    return ok ? EXIT_NOTHING : EXIT_LOAD;
}

static int prepare(struct check *check)
{
    const struct arguments *arguments = check->arguments;
    size_t count = 0;
    check->words = memory_zero(arguments->word_count, sizeof *check->words);
    int code = check_target(arguments, &check->target, check->words, &count);
    if (code != EXIT_NOTHING) {
        return code;
    }
    selection_init(&check->selection, check->words, count);
    if (!options_read(check)) {
        return EXIT_USAGE;
    }
    if (!data_load(&check->data, false) ||
        !cases_load(&check->data, check->selection.files, check->selection.file_count,
                    &check->suite)) {
        return EXIT_LOAD;
    }
    code = selection_apply(&check->selection, &check->suite, arguments->command);
    if (code == EXIT_NOTHING && select_count(&check->suite) == 0) {
        code = usage_error(arguments->command, "nothing selected");
    }
    if (code == EXIT_NOTHING) {
        code = baseline_open(check);
    }
    if (code == EXIT_NOTHING && !outputs_open(&check->outputs, arguments)) {
        code = EXIT_INTERNAL;
    }
    check->options.keep_whole = outputs_want_captures(&check->outputs);
    check->options.keep_passed = check->options.keep_passed || check->options.keep_whole;
    check->again = again_text(arguments, check->options.seed);
    return code == EXIT_NOTHING ? terminal_make(check) : code;
}

/* --- what hears about the run ------------------------------------------------------------------
 */

static void on_begun(void *context, const struct run *run)
{
    struct check *check = context;
    terminal_begun(&check->terminal, run);
    if (check->outputs.ndjson.out != NULL) {
        ndjson_begun(&check->outputs.ndjson, run);
    }
}

static void on_case_begun(void *context, const struct run *run, const char *id)
{
    struct check *check = context;
    terminal_case_begun(&check->terminal, run, id);
}

static void on_case_ended(void *context, const struct run *run, const struct case_result *result)
{
    struct check *check = context;
    terminal_case_ended(&check->terminal, run, result);
    outputs_case(&check->outputs, run, result);
    if (check->outputs.ndjson.out != NULL) {
        ndjson_case_ended(&check->outputs.ndjson, run, result);
    }
}

static void on_found(void *context, const struct run *run, const struct run_finding *finding)
{
    struct check *check = context;
    if (check->outputs.ndjson.out != NULL) {
        ndjson_found(&check->outputs.ndjson, run, finding);
    }
}

/* Cases in which a verdict about the target was reached. */
static size_t tested_count(const struct run *run)
{
    return run->counts[VERDICT_PASS] + run->counts[VERDICT_FAIL] + run->counts[VERDICT_NONSTRICT] +
           run->counts[VERDICT_INFO] + run->counts[VERDICT_FLAKY] + run->counts[VERDICT_CRASH];
}

static size_t fresh_count(const struct run *run, enum verdict verdict)
{
    size_t count = 0;
    for (size_t i = 0; i < run->result_count; i++) {
        count += run->results[i].verdict == verdict && !run->results[i].known ? 1 : 0;
    }
    return count;
}

/* Cases that were left out because the password of this user is not known. */
static size_t left_out_count(const struct run *run, const struct target_user *user)
{
    size_t count = 0;
    size_t len = strlen(user->name);
    for (size_t i = 0; i < run->result_count; i++) {
        const char *reason = run->results[i].actual;
        bool na = run->results[i].verdict == VERDICT_NA && reason != NULL &&
                  strstr(reason, "password") != NULL;
        for (const char *at = na ? reason : NULL; at != NULL && (at = strstr(at, user->name));
             at += len) {
            if (at[-1] == ' ' && (at[len] == '.' || at[len] == ']')) {
                count++;
                break;
            }
        }
    }
    return count;
}

/* Users that were named, but whose password nobody told: most cases cannot log in. Says what to
   type; true when there are any. */
static bool passwords_are_missing(const struct check *check, bool tell)
{
    bool missing = false;
    for (size_t i = 0; i < check->target.user_count; i++) {
        const struct target_user *user = &check->target.users[i];
        bool first = target_user(&check->target, user->name) == user;
        size_t count = first && user->password == NULL ? left_out_count(&check->run, user) : 0;
        missing = missing || count != 0;
        if (tell && count != 0) {
            (void)fprintf(stderr,
                          "postel: %zu cases were left out: %s has no password; give it with "
                          "--secret %s=@env:NAME or in POSTEL_PASSWORD_",
                          count, user->name, user->name);
            for (const char *c = user->name; *c != '\0'; c++) {
                bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z');
                bool digit = *c >= '0' && *c <= '9';
                (void)fputc(letter ? *c & ~0x20 : digit ? *c : '_', stderr);
            }
            (void)fputc('\n', stderr);
        }
    }
    return missing;
}

/* Nobody was named who could log in to a server that is about little else; true when most was left
   out for that. */
static bool users_are_missing(const struct check *check, bool tell)
{
    size_t count = 0;
    bool mailbox = target_url(&check->target, PROTOCOL_IMAP) != NULL ||
                   target_url(&check->target, PROTOCOL_POP3) != NULL;
    if (check->target.user_count != 0 || !mailbox) {
        return false;
    }
    for (size_t i = 0; i < check->run.result_count; i++) {
        const char *reason = check->run.results[i].actual;
        count += check->run.results[i].verdict == VERDICT_NA && reason != NULL &&
                         strstr(reason, "password") != NULL
                     ? 1
                     : 0;
    }
    if (tell && count != 0) {
        (void)fprintf(stderr,
                      "postel: %zu cases were left out as nobody can log in: name a user, as in "
                      "imap://alice@HOST, and give the password in POSTEL_PASSWORD_ALICE\n",
                      count);
    }
    return count > tested_count(&check->run);
}

static int exit_code(const struct check *check, enum runner_rc rc)
{
    const struct run *run = &check->run;
    bool strict = arguments_value(check->arguments, "strict") != NULL;
    if (run->interrupted || *check->options.interrupt != 0) {
        return EXIT_INTERRUPTED;
    }
    if (rc == RUNNER_NOTHING) {
        return usage_error(check->arguments->command, "nothing selected");
    }
    if (report_unexpected(run, strict) != 0) {
        return EXIT_FINDINGS;
    }
    if (rc == RUNNER_UNREACHABLE || tested_count(run) == 0 || passwords_are_missing(check, false) ||
        users_are_missing(check, false)) {
        return EXIT_TARGET;
    }
    if (fresh_count(run, VERDICT_ERROR) != 0) {
        return EXIT_INTERNAL;
    }
    if (fresh_count(run, VERDICT_BLOCKED) != 0) {
        return EXIT_TARGET;
    }
    return arguments_value(check->arguments, "baseline-strict") != NULL &&
                   baseline_stale_count(&check->baseline) != 0
               ? EXIT_STALE
               : EXIT_NOTHING;
}

/* Tells why nothing could be tested: the reason is that of the first case that was not. */
static void unreachable_print(const struct check *check)
{
    const char *reason = "nothing was really tested";
    for (size_t i = 0; i < check->run.result_count; i++) {
        if (check->run.results[i].actual != NULL) {
            reason = check->run.results[i].actual;
            break;
        }
    }
    if (check->run.notice_count == 0) {
        (void)fprintf(stderr, "postel: %s: %s\n", check->target.name, reason);
    }
}

static void notices_print(const struct check *check)
{
    for (size_t i = 0; i < check->run.notice_count; i++) {
        (void)fprintf(stderr, "postel: %s: %s\n", check->target.name, check->run.notices[i]);
    }
}

static int report_all(struct check *check, enum runner_rc rc)
{
    const char *known = arguments_value(check->arguments, "baseline");
    bool whole = check->selection.word_count == 0 && check->selection.file_count == 0;
    baseline_apply(&check->baseline, &check->run, whole);
    struct coverage coverage;
    coverage_init(&coverage, &check->data.reg);
    coverage_add_run(&coverage, &check->run);
    coverage_sum(&coverage);
    struct report report = {
        .run = &check->run,
        .reg = &check->data.reg,
        .coverage = &coverage,
        .baseline = known == NULL ? NULL : &check->baseline,
        .version = POSTEL_VERSION,
        .again = check->again,
    };
    terminal_finish(&check->terminal, &report);
    if (check->outputs.ndjson.out != NULL) {
        ndjson_ended(&check->outputs.ndjson, &check->run);
    }
    bool written = outputs_write(&check->outputs, &report);
    coverage_fini(&coverage);
    int code = exit_code(check, rc);
    notices_print(check);
    bool told = passwords_are_missing(check, true);
    told = users_are_missing(check, true) || told;
    if (code == EXIT_TARGET && !told) {
        unreachable_print(check);
    }
    return written ? code : EXIT_INTERNAL;
}

static int run(struct check *check)
{
    uint64_t wait = 0;
    if (!arguments_duration(check->arguments, "wait", &wait)) {
        return EXIT_USAGE;
    }
    if (wait != 0 && !target_wait(&check->target, wait)) {
        (void)fprintf(stderr, "postel: %s: it does not listen\n", check->target.name);
        return EXIT_TARGET;
    }
    struct run_listener listener = {
        .begun = on_begun,
        .case_begun = on_case_begun,
        .case_ended = on_case_ended,
        .found = on_found,
        .context = check,
    };
    check->options.interrupt = interrupt_catch();
    enum runner_rc rc =
        runner_run(&check->suite, &check->target, &check->options, &listener, &check->run);
    return report_all(check, rc);
}

static int check_run(const struct arguments *arguments)
{
    struct check check = {.arguments = arguments};
    int code = prepare(&check);
    if (code == EXIT_NOTHING) {
        code = run(&check);
    }
    memory_free(check.again);
    run_fini(&check.run);
    terminal_fini(&check.terminal);
    outputs_fini(&check.outputs);
    baseline_fini(&check.baseline);
    selection_fini(&check.selection);
    memory_free(check.words);
    target_fini(&check.target);
    suite_fini(&check.suite);
    data_fini(&check.data);
    return code;
}

static const struct option options[] = {
    TARGET_OPTIONS,
    {0, "profile", "RFCS", "only cases for these, as in \"rfc5321 rfc9051\""},
    {0, "strict", NULL, "a SHOULD that is not followed counts as a failure"},
    {0, "baseline", "FILE", "the failures that are known"},
    {0, "baseline-strict", NULL, "fail when the baseline knows failures that are gone"},
    {'j', "jobs", "N", "cases at a time (4)"},
    {0, "retries", "N", "runs of a case that missed a deadline before it fails (2)"},
    {0, "repeat", "N", "run each case so many times"},
    {0, "timeout", "TIME", "how long to wait for a reply (10s)"},
    {0, "time-scale", "FACTOR", "stretches all waits, for a slow target"},
    {0, "wait", "TIME", "wait so long for the target to listen"},
    {0, "max-failures", "N", "stop after so many"},
    {0, "seed", "HEX", "repeats the random choices of an earlier run"},
    {0, "json", "FILE", "write the whole result as JSON (- is the standard output)"},
    {0, "ndjson", "FILE", "write an event a line while it happens"},
    {0, "junit", "FILE", "write JUnit XML"},
    {0, "tap", "FILE", "write TAP 14"},
    {0, "sarif", "FILE", "write SARIF 2.1.0"},
    {0, "markdown", "FILE", "write a summary in Markdown"},
    {0, "trace", "FOLDER", "write each case's conversation there, for postel judge"},
    {0, "pcap", "FOLDER",
     "write each case's conversation there as pcapng: what was said, inside TLS too, in packets "
     "made for it"},
    {0, "keep", NULL, "keep the transcripts of passed cases, too"},
    {'v', "verbose", NULL, "-vv tells of all cases, not only of failures"},
    {'q', "quiet", NULL, "only the sums"},
    {0, "color", "WHEN", "auto, always or never"},
    {0, "progress", "HOW", "auto, bar, line or none"},
};

const struct command check_command = {
    .name = "check",
    .synopsis = "URL… | -t FILE [SELECT…]",
    .summary = "judge a mail server against the RFCs",
    .text =
        "Runs the cases that fit the target, judges every octet that is seen on the way, and "
        "reports. Several URLs are one system: check smtp://h imap://alice@h also tests what "
        "happens to mail between them.\n"
        "A target file has the sections [target] (name, profile, url, or smtp, submission, lmtp, "
        "pop3 and imap, each with a URL), [user alice] (address, login, password), [declare] "
        "(rcpt.good, rcpt.bad, delivery, …) and [tls] (ca, verify). [user alice 2-8] gives "
        "more accounts for alice, with ${n} for the number: cases that run at the same time "
        "then use different ones, alice 3 together with bob 3.\n"
        "SELECT chooses cases: an id or the beginning of one (smtp.pipelining), a pattern "
        "(imap.*.literal), a row (smtp.pipelining.cut[n=7]), a requirement, section or RFC "
        "(rfc5321:4.5), tag:NAME, level:must, protocol:imap, kind:security, safety:safe, a "
        "scenario file; !WORD leaves out.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = check_run,
};
