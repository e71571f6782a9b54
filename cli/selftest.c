/* SPDX-License-Identifier: MIT */
/* The proof that the cases are right: silent on the correct server, failing on a broken one. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cases.h"
#include "cli/command.h"
#include "cli/fault_name.h"
#include "cli/select.h"
#include "cli/selftest_report.h"
#include "net/memory.h"

enum { RUNS_AT_ONCE = 6, RUNS_MAX = 64 };

static volatile sig_atomic_t interrupted;

static void interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

static const char *protocol_of(enum fault fault)
{
    switch (fault_info(fault)->protocol) {
    case PROTOCOL_SMTP:
    case PROTOCOL_SUBMISSION:
    case PROTOCOL_LMTP:
        break;
    case PROTOCOL_POP3:
        return "pop3";
    case PROTOCOL_IMAP:
        return "imap";
    }
    return "smtp";
}

static bool any_case(const struct selftest *test, const struct selftest_run *run)
{
    for (size_t i = 0; i < test->suite.count; i++) {
        if (test->suite.cases[i].selected && selftest_run_wants(run, &test->suite.cases[i])) {
            return true;
        }
    }
    return false;
}

static bool is_named(const struct arguments *arguments, const char *name)
{
    size_t position = 0;
    const char *value = arguments_next(arguments, "fault", &position);
    bool all = value == NULL;
    while (value != NULL && !selector_match_name(value, name)) {
        value = arguments_next(arguments, "fault", &position);
    }
    return all || value != NULL;
}

/* Each --fault names something. */
static int check_names(const struct arguments *arguments)
{
    size_t position = 0;
    const char *value = NULL;
    while ((value = arguments_next(arguments, "fault", &position)) != NULL) {
        unsigned i = 0;
        while (i < FAULT_COUNT && !selector_match_name(value, fault_info((enum fault)i)->name)) {
            i++;
        }
        if (i == FAULT_COUNT) {
            return fault_name_unknown(arguments->command, value);
        }
    }
    return EXIT_NOTHING;
}

static int plan(struct selftest *test, const struct arguments *arguments)
{
    if (check_names(arguments) != EXIT_NOTHING) {
        return EXIT_USAGE;
    }
    test->runs = memory_zero(FAULT_COUNT + 1, sizeof *test->runs);
    if (arguments_value(arguments, "fault") == NULL) {
        test->runs[test->run_count++] = (struct selftest_run){.fault = FAULT_COUNT, .pipe = -1};
    }
    for (unsigned i = 0; i < FAULT_COUNT; i++) {
        struct selftest_run run = {
            .fault = (enum fault)i, .protocol = protocol_of((enum fault)i), .pipe = -1};
        if (is_named(arguments, fault_info((enum fault)i)->name) && any_case(test, &run)) {
            test->runs[test->run_count++] = run;
        }
    }
    return test->run_count == 0
               ? usage_error(arguments->command, "no case selected that these faults concern")
               : EXIT_NOTHING;
}

static void progress(const struct selftest *test, size_t done)
{
    if (test->show_progress) {
        (void)fprintf(stderr, "\r%zu of %zu servers ", done, test->run_count);
        (void)fflush(stderr);
    }
}

/* Waits for what one of the children says; true when a run is over. */
static size_t collect(struct selftest *test)
{
    struct pollfd waits[RUNS_MAX];
    size_t index[RUNS_MAX];
    nfds_t count = 0;
    size_t over = 0;
    for (size_t i = 0; i < test->run_count && count < RUNS_MAX; i++) {
        if (test->runs[i].pipe >= 0) {
            index[count] = i;
            waits[count++] = (struct pollfd){.fd = test->runs[i].pipe, .events = POLLIN};
        }
    }
    if (count == 0 || poll(waits, count, -1) <= 0) {
        return 0;
    }
    for (nfds_t i = 0; i < count; i++) {
        if (waits[i].revents != 0 && !selftest_run_read(&test->runs[index[i]], &test->suite)) {
            over++;
        }
    }
    return over;
}

static void run_all(struct selftest *test, size_t at_once)
{
    size_t next = 0;
    size_t done = 0;
    while (done < test->run_count && interrupted == 0) {
        while (next < test->run_count && next - done < at_once) {
            selftest_run_start(&test->runs[next++], &test->suite, test->folder);
        }
        progress(test, done);
        done += collect(test);
    }
    progress(test, done);
    if (test->show_progress) {
        (void)fputs("\r                              \r", stderr);
    }
}

static int run(struct selftest *test, const struct arguments *arguments)
{
    struct sigaction action = {.sa_handler = interrupt};
    uint64_t at_once = RUNS_AT_ONCE;
    char folder[] = "/tmp/postel-selftest-XXXXXX";
    if (!arguments_number(arguments, "jobs", 1, RUNS_MAX, &at_once)) {
        return EXIT_USAGE;
    }
    test->folder = mkdtemp(folder);
    if (test->folder == NULL) {
        (void)fprintf(stderr, "postel: %s: cannot be made\n", folder);
        return EXIT_INTERNAL;
    }
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    run_all(test, (size_t)at_once);
    (void)rmdir(test->folder);
    if (interrupted != 0) {
        return EXIT_INTERRUPTED;
    }
    selftest_judge(test);
    if (arguments_value(arguments, "write") != NULL && !selftest_write(test)) {
        return EXIT_INTERNAL;
    }
    if (arguments_value(arguments, "json") != NULL) {
        selftest_print_json(test);
    } else {
        selftest_print(test);
    }
    return test->complaints.count == 0 ? EXIT_NOTHING : EXIT_FINDINGS;
}

static int selftest_start(const struct arguments *arguments)
{
    struct selftest test = {.show_progress = isatty(STDERR_FILENO) == 1,
                            .verbose = arguments_value(arguments, "verbose") != NULL};
    struct selection selection;
    selection_init(&selection, arguments->words, arguments->word_count);
    int code = data_load(&test.data, false) &&
                       cases_load(&test.data, selection.files, selection.file_count, &test.suite)
                   ? EXIT_NOTHING
                   : EXIT_LOAD;
    if (code == EXIT_NOTHING) {
        code = selection_apply(&selection, &test.suite, &selftest_command);
    }
    test.all_cases = arguments->word_count == 0;
    test.all_faults = arguments_value(arguments, "fault") == NULL;
    test.written = arguments_value(arguments, "write") != NULL;
    if (code == EXIT_NOTHING && test.written && !(test.all_cases && test.all_faults)) {
        code = usage_error(&selftest_command, "--write wants all cases and all faults");
    }
    if (code == EXIT_NOTHING) {
        code = plan(&test, arguments);
    }
    if (code == EXIT_NOTHING) {
        code = run(&test, arguments);
    }
    selftest_fini(&test);
    selection_fini(&selection);
    return code;
}

static const struct option options[] = {
    {0, "fault", "NAME", "only this fault, or all that begin so up to a dot (pop3)"},
    {'j', "jobs", "N", "servers at a time (6)"},
    {0, "write", NULL, "write what was seen to scenarios/killed.tsv, for show and explain"},
    {0, "json", NULL, "print all as one JSON object"},
    {'v', "verbose", NULL, "also list the cases that each fault makes fail"},
};

const struct command selftest_command = {
    .name = "selftest",
    .synopsis = "[SELECT…]",
    .summary = "prove the cases against the built-in server and its faults",
    .text = "Runs the cases against the built-in server, where none may fail and no rule may be "
            "found broken, and then against a server for each fault (list --faults), where a "
            "case has to fail or a rule has to be found broken, and what the fault breaks has to "
            "be among them. A case that no fault makes fail proves nothing, and is told too. A "
            "fault under which more than a third of its protocol's cases fail is no proof for "
            "any of them.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = selftest_start,
};
