/* SPDX-License-Identifier: MIT */
#include "cli/select.h"
#include "tests/support/table.h"

static struct case_row rows[] = {{.name = (char[]){"n=1"}}, {.name = (char[]){"n=7"}}};
static struct case_row single[] = {{0}};
static struct case_row other_single[] = {{0}};
static char *tags[] = {(char[]){"slow"}};
static struct case_requirement must[] = {{(char[]){"rfc2920:3.2-1"}, LEVEL_MUST, 1}};
static struct case_requirement should[] = {{(char[]){"rfc5321:4.5.3.1-2"}, LEVEL_SHOULD, 1},
                                           {(char[]){"rfc5321:4.2-1"}, LEVEL_MAY, 1}};
static char *aliases[] = {(char[]){"smtp.old.name"}};

static struct scenario cases[] = {
    {.id = (char[]){"smtp.pipelining.cut"},
     .protocol = (char[]){"smtp"},
     .requirements = must,
     .requirement_count = 1,
     .rows = rows,
     .row_count = 2,
     .safety = SAFETY_SAFE},
    {.id = (char[]){"smtp.limits.line"},
     .protocol = (char[]){"smtp"},
     .requirements = should,
     .requirement_count = 2,
     .rows = single,
     .row_count = 1,
     .safety = SAFETY_SEND,
     .tags = tags,
     .tag_count = 1,
     .aliases = aliases,
     .alias_count = 1},
    {.id = (char[]){"imap.idle.done"},
     .protocol = (char[]){"imap"},
     .rows = other_single,
     .row_count = 1,
     .safety = SAFETY_WRITE,
     .kind = (char[]){"security"}},
};

static const struct row {
    const char *name;     /* the selectors, with blanks between them */
    const char *selected; /* a letter for each row of each case: + or - */
} table[] = {
    {"", "++++"},
    {"smtp.pipelining.cut", "++--"},
    {"smtp.pipelining", "++--"},
    {"smtp", "+++-"},
    {"smtp.pipelining.cut[n=7]", "-+--"},
    {"*.cut[n=1]", "+---"},
    {"*.line", "--+-"},
    {"smtp.old.name", "--+-"},
    {"smtp.pipelining.cut imap.idle", "++-+"},
    {"!smtp.pipelining", "--++"},
    {"smtp !*.line", "++--"},
    {"!smtp.pipelining.cut[n=7]", "+-++"},
    {"rfc2920", "++--"},
    {"rfc2920:3", "++--"},
    {"rfc2920:3.2-1", "++--"},
    {"rfc5321:4.5", "--+-"},
    {"level:must", "++--"},
    {"level:should", "--+-"},
    {"level:may", "--+-"},
    {"tag:slow", "--+-"},
    {"tag:security", "---+"},
    {"kind:security", "---+"},
    {"protocol:imap", "---+"},
    {"safety:send", "--+-"},
    /* What fits nothing is an error. */
    {"smtp.pipe", NULL},
    {"rfc292", NULL},
    {"rfc2920:3.20", NULL},
    {"level:must-not", NULL},
    {"smtp imap.idle.undone", NULL},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    char text[128];
    const char *words[8];
    size_t count = 0;
    (void)snprintf(text, sizeof text, "%s", row->name);
    char *rest = text;
    while (*rest != '\0') {
        words[count++] = rest;
        rest += strcspn(rest, " ");
        if (*rest == ' ') {
            *rest++ = '\0';
        }
    }
    struct suite suite = {.cases = cases, .count = sizeof cases / sizeof *cases};
    const char *unknown = select_cases(&suite, words, count);
    if (row->selected == NULL) {
        assert_string_equal(unknown, words[count - 1]);
        return;
    }
    assert_null(unknown);
    char got[8] = "";
    size_t len = 0;
    for (size_t i = 0; i < suite.count; i++) {
        for (size_t j = 0; j < cases[i].row_count; j++) {
            bool selected = cases[i].selected && !cases[i].rows[j].skipped;
            got[len++] = selected ? '+' : '-';
        }
    }
    assert_string_equal(got, row->selected);
}

static void suggestions_are_near(void **state)
{
    (void)state;
    struct suite suite = {.cases = cases, .count = sizeof cases / sizeof *cases};
    assert_string_equal(select_suggest(&suite, "smtp.pipelinig.cut"), "smtp.pipelining.cut");
    assert_string_equal(select_suggest(&suite, "imap.idel.done"), "imap.idle.done");
    assert_null(select_suggest(&suite, "x"));
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = 0;
    count = TABLE_ADD(tests, count, table, check_row);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(suggestions_are_near);
    return table_run("select", tests, count);
}
