/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/help.h"

static int unknown_command(const char *word)
{
    const char *names[64];
    size_t count = 0;
    for (size_t i = 0; i < command_total && count < 64; i++) {
        names[count++] = commands[i]->name;
    }
    const char *near = nearest_word(word, names, count);
    return near == NULL
               ? usage_error(NULL, "%s: there is no such command", word)
               : usage_error(NULL, "%s: there is no such command; did you mean %s?", word, near);
}

static bool wants_help(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            return true;
        }
    }
    return false;
}

/* What the user reads must have been written: a full disk is no success. */
static int finish(int code)
{
    errno = 0;
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        if (errno == EPIPE) {
            /* The reader had enough, as head does. */
            return code;
        }
        (void)fputs("postel: the standard output cannot be written\n", stderr);
        return code == EXIT_NOTHING ? EXIT_INTERNAL : code;
    }
    return code;
}

int main(int argc, char **argv)
{
    /* A peer that closes early is told by write(), not by the end of the program. */
    (void)signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        help_print_commands(stderr);
        return EXIT_USAGE;
    }
    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        help_print_commands(stdout);
        return finish(EXIT_NOTHING);
    }
    const struct command *command =
        strcmp(word, "--version") == 0 ? &version_command : command_find(word);
    if (command == NULL) {
        return unknown_command(word);
    }
    if (wants_help(argc - 2, argv + 2)) {
        help_print_command(stdout, command);
        return finish(EXIT_NOTHING);
    }
    struct arguments arguments;
    int code = EXIT_USAGE;
    if (arguments_parse(&arguments, command, argc - 2, argv + 2)) {
        code = command->run(&arguments);
    }
    arguments_fini(&arguments);
    return finish(code);
}
