/* SPDX-License-Identifier: MIT */
#include "cli/help.h"

static const struct exit_text {
    int code;
    const char *text;
} exits[] = {
    {EXIT_NOTHING, "Nothing unexpected was found."},
    {EXIT_FINDINGS, "Conformance findings that the baseline does not know."},
    {EXIT_USAGE, "Usage: a bad option, an unknown selector, or nothing selected."},
    {EXIT_LOAD, "A scenario, register, target or baseline file does not load."},
    {EXIT_TARGET,
     "The target is unreachable, refuses the credentials or its certificate is refused, a user's "
     "password was not given, or nothing was really tested."},
    {EXIT_INTERNAL, "Our own fault, or output that cannot be written."},
    {EXIT_STALE, "The baseline is stale: known failures now pass, or entries have expired "
                 "(only with --baseline-strict)."},
    {EXIT_INTERRUPTED, "Interrupted; the reports were still written."},
};

static const char *const schemes[][2] = {
    {"smtp://host[:25]", "SMTP"},
    {"submission://host[:587]", "message submission; STARTTLS is expected"},
    {"smtps://host[:465]", "message submission inside TLS"},
    {"lmtp://host[:24], lmtp+unix:///run/lmtp.sock", "LMTP"},
    {"pop3://host[:110], pop3s://host[:995]", "POP3, plain or inside TLS"},
    {"imap://host[:143], imaps://host[:993]", "IMAP, plain or inside TLS"},
    {"imap+exec:dovecot-imap%20-u%20alice", "an IMAP server on a pipe, already authenticated"},
    {"mx:example.test", "every MX of the domain"},
};

static const char url_text[] =
    "A user may stand before the host (imap://alice@host), a password never. Options follow a "
    "question mark: starttls=require|try|no, verify=ca|no|pin, pin=SHA256, ca=FILE, sni=NAME, "
    "auth=MECHANISM, proxy=v1|v2, bind=ADDRESS, ip=4|6.";

/* Prints text with lines of at most 78 columns behind an indentation. */
static void fold(FILE *out, const char *text, int indent, int column)
{
    bool gap = false;
    while (*text != '\0') {
        int word = (int)strcspn(text, " \n");
        if (column > indent && column + (gap ? 1 : 0) + word > 78) {
            (void)fprintf(out, "\n%*s", indent, "");
            column = indent;
            gap = false;
        }
        (void)fprintf(out, "%s%.*s", gap ? " " : "", word, text);
        column += (gap ? 1 : 0) + word;
        text += word;
        gap = *text == ' ';
        if (*text == '\n') {
            (void)fprintf(out, "\n%*s", indent, "");
            column = indent;
            text++;
        }
        text += strspn(text, " ");
    }
    (void)fputc('\n', out);
}

void help_print_commands(FILE *out)
{
    (void)fputs("usage: postel COMMAND [OPTION…] [ARGUMENT…]\n\n"
                "A conformance tester for SMTP, LMTP, POP3 and IMAP servers.\n\n",
                out);
    for (size_t i = 0; i < command_total; i++) {
        (void)fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    }
    (void)fputs("\npostel COMMAND --help tells more. For a start:\n\n"
                "  postel check imap://alice@127.0.0.1:1143 smtp://127.0.0.1:2525\n",
                out);
}

static void option_print(FILE *out, const struct option *option)
{
    char letter[5] = "    ";
    if (option->letter != '\0') {
        letter[0] = '-';
        letter[1] = option->letter;
        letter[2] = ',';
        letter[3] = ' ';
    }
    int width =
        fprintf(out, "  %s--%s%s%s", letter, option->name, option->argument == NULL ? "" : " ",
                option->argument == NULL ? "" : option->argument);
    if (width < 28) {
        (void)fprintf(out, "%*s", 28 - width, "");
    } else {
        (void)fprintf(out, "\n%28s", "");
    }
    fold(out, option->text, 28, 28);
}

void help_print_command(FILE *out, const struct command *command)
{
    (void)fprintf(out, "usage: postel %s %s\n\n", command->name, command->synopsis);
    fold(out, command->text, 0, 0);
    if (command->option_count != 0) {
        (void)fputs("\noptions:\n", out);
    }
    for (size_t i = 0; i < command->option_count; i++) {
        option_print(out, &command->options[i]);
    }
    if (command->option_count != 0) {
        (void)fputs("\nEach option may also stand in the environment: POSTEL_JSON for --json.\n",
                    out);
    }
}

/* Text for roff: hyphens stay hyphens, no line begins with a dot. */
static void man_text(FILE *out, const char *text)
{
    bool begin = true;
    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            (void)fputs("\n.PP\n", out);
            begin = true;
            continue;
        }
        if (begin && (*text == '.' || *text == '\'')) {
            (void)fputs("\\&", out);
        }
        begin = false;
        if (*text == '-') {
            (void)fputs("\\-", out);
        } else if (*text == '\\') {
            (void)fputs("\\e", out);
        } else {
            (void)fputc(*text, out);
        }
    }
    (void)fputc('\n', out);
}

static void man_option(FILE *out, const struct option *option)
{
    (void)fputs(".TP\n", out);
    if (option->letter != '\0') {
        (void)fprintf(out, "\\fB\\-%c\\fR, ", option->letter);
    }
    (void)fputs("\\fB\\-\\-", out);
    for (const char *c = option->name; *c != '\0'; c++) {
        (void)fputs(*c == '-' ? "\\-" : (char[]){*c, '\0'}, out);
    }
    (void)fprintf(out, "\\fR%s%s%s\n", option->argument == NULL ? "" : " \\fI",
                  option->argument == NULL ? "" : option->argument,
                  option->argument == NULL ? "" : "\\fR");
    man_text(out, option->text);
}

static void man_command(FILE *out, const struct command *command)
{
    (void)fprintf(out, ".SS postel %s %s\n", command->name, command->synopsis);
    man_text(out, command->text);
    for (size_t i = 0; i < command->option_count; i++) {
        man_option(out, &command->options[i]);
    }
}

void help_print_man(FILE *out)
{
    (void)fprintf(out,
                  ".\\\" Made by postel help --man from the tables in cli/.\n"
                  ".TH POSTEL 1 \"\" \"postel %s\" \"User Commands\"\n"
                  ".SH NAME\npostel \\- conformance tester for SMTP, LMTP, POP3 and IMAP\n"
                  ".SH SYNOPSIS\n.B postel\n\\fICOMMAND\\fR [\\fIOPTION\\fR…] [\\fIARGUMENT\\fR…]\n"
                  ".SH COMMANDS\n",
                  POSTEL_VERSION);
    for (size_t i = 0; i < command_total; i++) {
        man_command(out, commands[i]);
    }
    (void)fputs(".SH URLS\n", out);
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        (void)fprintf(out, ".TP\n.B %s\n", schemes[i][0]);
        man_text(out, schemes[i][1]);
    }
    (void)fputs(".PP\n", out);
    man_text(out, url_text);
    (void)fputs(".SH ENVIRONMENT\n", out);
    man_text(out,
             "Each option --NAME may also be given as POSTEL_NAME, with capitals and _ for -. "
             "POSTEL_PASSWORD_USER is the password of a user of whom nothing else is said, "
             "POSTEL_DATA the folder in which scenarios/ lies, NO_COLOR switches colours off.");
    (void)fputs(".SH EXIT STATUS\n", out);
    for (size_t i = 0; i < sizeof exits / sizeof *exits; i++) {
        (void)fprintf(out, ".TP\n.B %d\n", exits[i].code);
        man_text(out, exits[i].text);
    }
}

static int help_run(const struct arguments *arguments)
{
    if (arguments_value(arguments, "man") != NULL) {
        help_print_man(stdout);
        return EXIT_NOTHING;
    }
    if (arguments->word_count == 0) {
        help_print_commands(stdout);
        return EXIT_NOTHING;
    }
    const struct command *command = command_find(arguments->words[0]);
    if (command == NULL) {
        return usage_error(NULL, "%s: there is no such command", arguments->words[0]);
    }
    help_print_command(stdout, command);
    return EXIT_NOTHING;
}

static const struct option options[] = {
    {0, "man", NULL, "print the man page, as roff"},
};

const struct command help_command = {
    .name = "help",
    .synopsis = "[COMMAND]",
    .summary = "tell about the commands",
    .text = "Tells about one command, or lists all.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = help_run,
};
