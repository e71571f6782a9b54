/* SPDX-License-Identifier: MIT */
#include "cli/help.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/support/table.h"

/* Each row is one text, whose words must come out parted by white space and in lines that fit,
   wherever the line ends. */
struct row {
    const char *name;
    size_t before; /* octets of words before the pair that must not be joined */
};

static struct row rows[] = {
    {"short", 10},
    {"the second word ends before the edge", 70},
    {"the second word would end at the edge without its space", 71},
    {"the second word would end behind the edge", 72},
    {"the first word ends before the edge", 74},
    {"the first word would end at the edge without its space", 75},
    {"the first word would end behind the edge", 76},
    {"in the second line", 150},
};

static void check(void **state)
{
    const struct row *row = *state;
    char text[256];
    char *printed = NULL;
    size_t len = 0;
    for (size_t i = 0; i < row->before; i++) {
        text[i] = i % 6 == 5 && i + 1 < row->before ? ' ' : 'x';
    }
    memcpy(text + row->before, " abc def", sizeof " abc def");
    const struct command command = {.name = "n", .synopsis = "s", .text = text};
    FILE *out = open_memstream(&printed, &len);
    help_print_command(out, &command);
    (void)fclose(out);
    const char *at = strchr(printed, '\n') + 2;
    const char *want = text;
    size_t column = 0;
    for (; *want != '\0'; want++, at++) {
        assert_true(*want == ' ' ? *at == ' ' || *at == '\n' : *at == *want);
        column = *at == '\n' ? 0 : column + 1;
        assert_in_range(column, 0, 78);
    }
    assert_string_equal(at, "\n");
    free(printed);
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = TABLE_ADD(tests, 0, rows, check);
    return table_run("help", tests, count);
}
