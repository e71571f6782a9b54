/* SPDX-License-Identifier: MIT */
/* The runner against a small server in a child process that behaves as the command says. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scenarios/engine/loader.h"
#include "scenarios/engine/runner.h"
#include "scenarios/engine/target.h"
#include "tests/support/table.h"

struct row {
    const char *name;
    const char *steps; /* behind the greeting */
    bool should;       /* the requirement is a SHOULD */
    enum verdict verdict;
    const char *actual; /* what the result says came instead, how it begins; or NULL */
};

static const struct row rows[] = {
    {"good", "C: NOOP\nS: 250\nC: QUIT\nS: 221\nS: <close>\n", false, VERDICT_PASS, NULL},
    {"wrong reply", "C: NOOP\nS: 550\n", false, VERDICT_FAIL, "250 fine"},
    {"wrong reply to a SHOULD", "C: NOOP\nS: 550\n", true, VERDICT_NONSTRICT, "250 fine"},
    {"silence", "C: SILENT\nS[within=100ms]: 250\n", false, VERDICT_FAIL, "no reply"},
    {"silence as wanted", "C: SILENT\nS: <silence 100ms>\n", false, VERDICT_PASS, NULL},
    {"early close", "C: CLOSE\nS: 250\n", false, VERDICT_FAIL, "the server closed"},
    {"close as wanted", "C: CLOSE\nS: <close>\n", false, VERDICT_PASS, NULL},
    {"endless data", "C: FLOOD\nS: 250\nS: 251\n", false, VERDICT_FAIL, NULL},
    {"may come", "C: NOOP\nS?: 421\nS: 250\n", false, VERDICT_PASS, NULL},
    {"must not come", "C: NOOP\nS!: 250\n", false, VERDICT_FAIL, "250 fine"},
    {"alternatives", "C: NOOP\n@any\n@pass\nS: 550\n@info \"fine\"\nS: 250\n@end\n", false,
     VERDICT_INFO, "fine"},
    {"none of the alternatives", "C: NOOP\n@any\n@pass\nS: 550\n@pass\nS: 4xx\n@end\n", false,
     VERDICT_FAIL, "250 fine"},
    {"alternative that fails", "C: NOOP\n@any\n@fail \"oh\"\nS: 250\n@end\n", false, VERDICT_FAIL,
     "oh: 250 fine"},
    {"repeated until", "@until 5s every 10ms\nC: THIRD\nS: 250\n@end\n", false, VERDICT_PASS, NULL},
    {"captured", "C: CODE\nS: 250 $(text)\nC: ${text}\nS: 250\n", false, VERDICT_PASS, NULL},
    {"pipelined", "C: NOOP\nC: CODE\nS: 250\nS: 250 $(t:text)\n   t is \"NOOP\"\n", false,
     VERDICT_PASS, NULL},
    {"held back", "C[hold]: NOOP\nS: <silence 100ms>\nC: CODE\nS: 250\nS: 250\n", false,
     VERDICT_PASS, NULL},
    {"clause", "C: NOOP\nS: 250\n   text like \"ne\"\n   text like \"nothing\"\n", false,
     VERDICT_FAIL, "250 fine"},
    {"raw and slices", "C[raw,write=1]: \"NO\" \"OP\\r\\n\"\nS: 250\n", false, VERDICT_PASS, NULL},
    {"set-up fails", "@setup\nC: NOOP\nS: 550\n@end\nC: NOOP\nS: 250\n", false, VERDICT_BLOCKED,
     "set-up failed"},
};

static uint16_t port;
static pid_t server;

static void say(int fd, const char *text)
{
    if (write(fd, text, strlen(text)) < 0) {
        _exit(0);
    }
}

static void obey(int fd, const char *line, unsigned *thirds)
{
    if (strncmp(line, "NOOP", 4) == 0) {
        say(fd, "250 fine\r\n");
    } else if (strncmp(line, "CODE", 4) == 0) {
        say(fd, "250 NOOP\r\n");
    } else if (strncmp(line, "THIRD", 5) == 0) {
        say(fd, ++*thirds >= 3 ? "250 at last\r\n" : "450 later\r\n");
    } else if (strncmp(line, "QUIT", 4) == 0) {
        say(fd, "221 bye\r\n");
        _exit(0);
    } else if (strncmp(line, "CLOSE", 5) == 0) {
        _exit(0);
    } else if (strncmp(line, "FLOOD", 5) == 0) {
        for (;;) {
            say(fd, "250-more and more and more and more\r\n");
        }
    } else if (strncmp(line, "SILENT", 6) != 0) {
        say(fd, "500 what\r\n");
    }
}

static void serve(int fd)
{
    unsigned thirds = 0;
    FILE *in = fdopen(fd, "r");
    char line[1024];
    say(fd, "220 test\r\n");
    while (in != NULL && fgets(line, sizeof line, in) != NULL) {
        obey(fd, line, &thirds);
    }
    _exit(0);
}

static int start_server(void **state)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    (void)state;
    if (listener < 0 || bind(listener, (struct sockaddr *)&at, len) != 0 ||
        listen(listener, 64) != 0 || getsockname(listener, (struct sockaddr *)&at, &len) != 0) {
        return -1;
    }
    port = ntohs(at.sin_port);
    server = fork();
    if (server == 0) {
        (void)signal(SIGCHLD, SIG_IGN);
        for (;;) {
            int fd = accept(listener, NULL, NULL);
            if (fd >= 0 && fork() == 0) {
                (void)close(listener);
                serve(fd);
            }
            (void)close(fd);
        }
    }
    (void)close(listener);
    return 0;
}

static int stop_server(void **state)
{
    (void)state;
    (void)kill(server, SIGTERM);
    (void)waitpid(server, NULL, 0);
    return 0;
}

static bool level_of(void *context, const char *id, enum level *out)
{
    (void)id;
    *out = *(const bool *)context ? LEVEL_SHOULD : LEVEL_MUST;
    return true;
}

static void check(void **state)
{
    const struct row *row = *state;
    bool should = row->should;
    struct suite suite = {0};
    struct target target = {0};
    struct problems problems = {0};
    struct run run;
    char text[1024];
    const struct load_options load = {.level = level_of, .context = &should};
    const struct run_options options = {.jobs = 1, .timeout_ms = 3000, .keep_passed = true};
    (void)snprintf(text, sizeof text, "@protocol smtp\n@case t\n@req rfc5321:4.2-1\n%s%s",
                   strncmp(row->steps, "@setup", 6) == 0 ? "" : "S: 220\n", row->steps);
    if (strncmp(row->steps, "@setup", 6) == 0) {
        (void)snprintf(text, sizeof text, "@protocol smtp\n@case t\n@req a:1\n@setup\nS: 220\n%s",
                       row->steps + 7);
    }
    if (!loader_load_text(&suite, "t.scn", span_text(text), &load)) {
        fail_msg("%u: %s", suite.errors[0].line, suite.errors[0].message);
    }
    (void)snprintf(text, sizeof text, "smtp://127.0.0.1:%u?starttls=no", (unsigned)port);
    assert_true(target_add_url(&target, text, &problems));
    assert_true(target_ready(&target, false, &problems));
    assert_int_equal(runner_run(&suite, &target, &options, NULL, &run), RUNNER_OK);
    assert_int_equal(run.result_count, 1);
    assert_string_equal(verdict_text(run.results[0].verdict), verdict_text(row->verdict));
    if (row->actual != NULL) {
        assert_non_null(run.results[0].actual);
        assert_memory_equal(run.results[0].actual, row->actual, strlen(row->actual));
    }
    assert_true(run.results[0].transcript_count > 0);
    run_fini(&run);
    target_fini(&target);
    problems_fini(&problems);
    suite_fini(&suite);
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = TABLE_ADD(tests, 0, rows, check);
    return _cmocka_run_group_tests("runner", tests, count, start_server, stop_server);
}
