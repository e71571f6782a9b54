/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/negative/negative.h"

/* Runs the row in a child process: how it ended, and what it wrote on standard error. */
static int run(const struct negative *row, bool planted, char *text, size_t room)
{
    int ends[2];
    if (pipe(ends) != 0) {
        perror("pipe");
        exit(2);
    }
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        (void)close(ends[0]);
        row->run(row, planted);
        _exit(0);
    }
    (void)close(ends[1]);
    size_t len = 0;
    for (ssize_t n = 1; n > 0 && len + 1 < room; len += n > 0 ? (size_t)n : 0) {
        n = read(ends[0], text + len, room - 1 - len);
    }
    text[len] = '\0';
    (void)close(ends[0]);
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) {
        perror("fork");
        exit(2);
    }
    return status;
}

static bool check(const struct negative *row)
{
    char text[4096];
    if (run(row, false, text, sizeof text) != 0) {
        (void)fprintf(stdout, "%s: without the bug the input fails: %s\n", row->name, text);
        return false;
    }
    if (run(row, true, text, sizeof text) == 0) {
        (void)fprintf(stdout, "%s: not caught; expected: %s\n", row->name, row->caught);
        return false;
    }
    if (strstr(text, row->caught) == NULL) {
        (void)fprintf(stdout, "%s: caught by another oracle than \"%s\": %s\n", row->name,
                      row->caught, text);
        return false;
    }
    return true;
}

int main(void)
{
    const struct negative_group *groups[] = {&negative_units, &negative_streams,
                                             &negative_conversations, &negative_trees};
    size_t caught = 0;
    size_t planted = 0;
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        for (size_t k = 0; k < groups[i]->count; k++) {
            caught += check(&groups[i]->rows[k]);
            planted++;
        }
    }
    (void)fprintf(stdout, "%zu of %zu planted bugs caught\n", caught, planted);
    return caught == planted ? EXIT_SUCCESS : EXIT_FAILURE;
}
