/* SPDX-License-Identifier: MIT */
/* Grammar files that do not load, with place and message; and what small grammars match. */
#include "fuzz/abnf/recognise.h"

#include <string.h>

#include "fuzz/abnf/generate.h"
#include "tests/support/table.h"

enum { BLOCK = 1U << 20 };

static uint64_t block[BLOCK / 8];

/* "a" is the text at hand; "b" is there as a file to include. */
static bool open_text(void *context, const char *file, struct span *out)
{
    if (strcmp(file, "b.abnf") == 0) {
        *out = SPAN_LIT(";!library\nx = \"b\"\nDIGIT = %x30-39\n");
        return true;
    }
    *out = span_text(context);
    return strcmp(file, "a.abnf") == 0;
}

static bool load(struct abnf *grammar, struct arena *arena, const char *text,
                 struct abnf_error *error)
{
    union {
        const char *text;
        void *context;
    } u = {text};
    arena_init(arena, block, BLOCK);
    return abnf_load(grammar, arena, "a", open_text, u.context, error);
}

struct bad_row {
    const char *name;
    const char *text;
    const char *error;
};

static void check_bad(void **state)
{
    const struct bad_row *row = *state;
    struct abnf grammar;
    struct arena arena;
    struct abnf_error error = {""};
    assert_false(load(&grammar, &arena, row->text, &error));
    assert_string_equal(error.text, row->error);
}

static const struct bad_row bad[] = {
    {"nothing", "; only a comment\n", "a.abnf: no rule stands here"},
    {"no equals sign", "a \"x\"\n", "a.abnf:1:3: \"=\" must stand here\na \"x\"\n  ^"},
    {"quote not closed", ";!entry\na = \"x\n",
     "a.abnf:2:7: the text has no closing quote\na = \"x\n      ^"},
    {"group not closed", "a = (\"x\" / \"y\"\n",
     "a.abnf:1:15: \")\" must stand here\na = (\"x\" / \"y\"\n              ^"},
    {"nothing behind a slash", "a = \"x\" /\n",
     "a.abnf:1:10: an element must stand here\na = \"x\" /\n         ^"},
    {"range upside down", "a = %x39-30\n",
     "a.abnf:1:12: the range ends before it begins\na = %x39-30\n           ^"},
    {"larger than an octet", "a = %d256\n",
     "a.abnf:1:10: the value is larger than an octet\na = %d256\n         ^"},
    {"fewer than the least", "a = 3*2\"x\"\n",
     "a.abnf:1:8: the most repetitions are fewer than the least\na = 3*2\"x\"\n       ^"},
    {"not defined", ";!entry\na = b c\nb = \"x\"\n",
     "a.abnf:2:7: rule c is not defined (used by a)"},
    {"twice", ";!entry\na = \"x\"\na = \"y\"\n",
     "a.abnf:3:1: rule a is there already: a.abnf:2\na = \"y\"\n^"},
    {"more of nothing", "a =/ \"x\"\n", "a.abnf:1:1: rule a is not there yet\na =/ \"x\"\n^"},
    {"left recursion", ";!entry\na = b \"x\"\nb = [\"y\"] a / \"z\"\n",
     "a.abnf:2:1: left recursion: a > b > a"},
    {"no end", ";!entry\na = \"x\" a\n", "a.abnf:2:1: rule a never comes to an end"},
    {"not reached", ";!entry\na = \"x\"\nb = \"y\"\n",
     "a.abnf:3:1: rule b is not reached from any entry"},
    {"unknown prose", ";!entry\na = <whatever>\n",
     "a.abnf:2:5: <whatever> is no function of fuzz/abnf/prose.c"},
    {"exception without a rule", "a = <any b except>\n",
     "a.abnf:1:19: what is excepted?\na = <any b except>\n                  ^"},
    {"file that is not there", ";!include c\n", "c.abnf:1:1: the file cannot be read"},
    {"unknown directive", ";!incl b\n",
     "a.abnf:1:3: a directive is include, override, entry or library\n;!incl b\n  ^"},
};

struct match_row {
    const char *name;
    const char *text;
    const char *octets;
    enum abnf_verdict verdict;
    size_t far;
};

static void check_match(void **state)
{
    const struct match_row *row = *state;
    struct abnf grammar;
    struct arena arena;
    struct abnf_error error = {""};
    if (!load(&grammar, &arena, row->text, &error)) {
        fail_msg("%s", error.text);
    }
    struct abnf_result result =
        abnf_recognise(abnf_rule_find(&grammar, SPAN_LIT("A")), span_text(row->octets), &arena);
    assert_int_equal(result.verdict, row->verdict);
    if (row->verdict == ABNF_REJECTED) {
        assert_int_equal(result.far, row->far);
    }
    struct abnf_generator generator;
    assert_true(abnf_generator_init(&generator, &grammar, &arena, 1));
    for (size_t i = 0; i < 50; i++) {
        uint8_t octets[400];
        struct out out;
        out_init(&out, octets, sizeof octets);
        abnf_generate(&generator, abnf_rule_find(&grammar, SPAN_LIT("a")), 100, &out);
        assert_true(out_ok(&out));
        result = abnf_recognise(abnf_rule_find(&grammar, SPAN_LIT("a")), out_span(&out), &arena);
        assert_int_equal(result.verdict, ABNF_ACCEPTED);
    }
}

#define GOOD(name, text, octets)                                                                   \
    {                                                                                              \
        name, ";!entry\n" text, octets, ABNF_ACCEPTED, 0                                           \
    }
#define BAD(name, text, octets, far)                                                               \
    {                                                                                              \
        name, ";!entry\n" text, octets, ABNF_REJECTED, far                                         \
    }

static const struct match_row matches[] = {
    GOOD("text has no case", "a = \"abc\"\n", "aBC"),
    BAD("RFC 7405: text with case", "a = %s\"abc\"\n", "aBc", 1),
    GOOD("octets", "a = %d13.10 / %x41-43 %b1\n", "\r\n"),
    BAD("behind the end", "a = \"ab\"\n", "abc", 2),
    BAD("before the end", "a = \"ab\"\n", "a", 1),
    GOOD("a rule over lines", "a = \"x\" / ; one\n\n  \"y\"\n", "y"),
    GOOD("more alternatives", "a = \"x\"\na =/ \"y\" / \"z\"\n", "z"),
    GOOD("include and override", "a = x 2DIGIT\n;!include b\n;!override\nx = \"c\"\n", "c12"),
    BAD("bounds of a repetition", "a = 2*3\"x\"\n", "xxxx", 3),
    GOOD("least of a repetition of nothing", "a = 3*3[\"x\"]\n", ""),
    GOOD("ambiguous: short first", "a = (\"x\" / \"xy\") (\"yz\" / \"z\")\n", "xyz"),
    GOOD("ambiguous: greedy would fail", "a = *\"x\" \"x\"\n", "xxxx"),
    GOOD("recursion in the middle", "a = \"(\" [a] \")\" [a]\n", "(()())()"),
    BAD("recursion not closed", "a = \"(\" [a] \")\" [a]\n", "(()", 3),
    GOOD("exponential to a backtracker", "a = *(*\"x\" [b])\nb = \"y\" / \"x\" \"x\"\n",
         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxy"),
    GOOD("any except", "a = 1*<any b except \"x\" and \"y\">\nb = %x61-7A\n", "abz"),
    BAD("any except: the exception", "a = 1*<any b except \"x\" and \"y\">\nb = %x61-7A\n", "aby",
        2),
    BAD("any except a word", "a = <any b except c> \".\"\nb = 1*%x61-7A\nc = \"no\" / \"yes\"\n",
        "no.", 2),
    GOOD("any except a word: a longer one",
         "a = <any b except c> \".\"\nb = 1*%x61-7A\nc = \"no\"\n", "now."),
    GOOD("literal", "a = <literal> \")\"\n", "{3}\r\n)a))"),
    BAD("literal: count too large", "a = <literal> \")\"\n", "{4}\r\nabc", 8),
    GOOD("number at its bound", "a = <number32>\n", "004294967295"),
    BAD("number beyond its bound", "a = <number32>\n", "4294967296", 9),
    BAD("number that must not be zero", "a = <nonzero32>\n", "0", 0),
};

/* A full arena and deep nesting say so. */
static void check_limits(void **state)
{
    (void)state;
    struct abnf grammar;
    struct arena arena;
    struct abnf_error error = {""};
    assert_true(load(&grammar, &arena, ";!entry\na = \"(\" [a] \")\"\n", &error));
    static uint8_t deep[4000];
    memset(deep, '(', sizeof deep);
    const struct abnf_rule *rule = abnf_rule_find(&grammar, SPAN_LIT("a"));
    struct abnf_result result = abnf_recognise(rule, (struct span){deep, sizeof deep}, &arena);
    assert_int_equal(result.verdict, ABNF_LIMIT);
    assert_string_equal(result.limit, "nesting");
    static uint64_t small[5000];
    struct arena scratch;
    arena_init(&scratch, small, sizeof small);
    result = abnf_recognise(rule, (struct span){deep, 500}, &scratch);
    assert_int_equal(result.verdict, ABNF_LIMIT);
    assert_string_equal(result.limit, "memory");
    assert_int_equal(arena_mark(&scratch), 0);
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = TABLE_ADD(tests, 0, bad, check_bad);
    count = TABLE_ADD(tests, count, matches, check_match);
    tests[count++] = (struct CMUnitTest){"limits", check_limits, NULL, NULL, NULL};
    return table_run("abnf load", tests, count);
}
