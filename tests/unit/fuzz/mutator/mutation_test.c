/* SPDX-License-Identifier: MIT */
/* Each mutation does what its name says: every result matches a pattern, and one of them is this.
 */
#include <regex.h>

#include "fuzz/mutator/mutator.h"

#include "tests/support/table.h"

enum { ROUNDS = 3000, MAX = 4096 };

struct row {
    const char *name;
    enum mutation mutation;
    const char *kind;
    const char *in;
    const char *other;
    const char *every; /* an extended regular expression; of what grammars make, only "" */
    const char *seen;
};

static uint64_t block[POSTEL_MUTATOR_MEMORY / sizeof(uint64_t)];

static void check_row(void **state)
{
    const struct row *row = *state;
    const char *error = NULL;
    struct postel_mutator *m = postel_mutator_open(block, sizeof block, row->kind, &error);
    assert_non_null(m);
    struct span in = span_text(row->in);
    struct span other = span_text(row->other);
    const struct postel_mutator_input input = {in.ptr, in.len, other.ptr, other.len};
    regex_t pattern;
    assert_int_equal(regcomp(&pattern, row->every, REG_EXTENDED | REG_NOSUB), 0);
    size_t seen = 0;
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        struct span out;
        char text[MAX + 1];
        mutator_begin(m, seed, &input);
        if (!mutator_apply(m, row->mutation, in, MAX, &out)) {
            continue;
        }
        assert_true(out.len <= MAX);
        assert_false(span_equal(out, in));
        memcpy(text, out.ptr, out.len);
        text[out.len] = '\0';
        if (regexec(&pattern, text, 0, NULL, 0) != 0) {
            fail_msg("seed %llu: %s", (unsigned long long)seed, text);
        }
        seen += strcmp(text, row->seen) == 0;
    }
    regfree(&pattern);
    assert_true(seen > 0);
}

/* What only the other input has is in what the splice says it made. */
static void check_splice(void **state)
{
    const struct row *row = *state;
    const char *error = NULL;
    static uint8_t out[MAX];
    struct postel_mutator *m = postel_mutator_open(block, sizeof block, row->kind, &error);
    assert_non_null(m);
    struct span in = span_text(row->in);
    struct span other = span_text(row->other);
    const struct postel_mutator_input input = {in.ptr, in.len, other.ptr, other.len};
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        assert_true(postel_mutator_splice(m, seed, &input, out, MAX) <= MAX);
        size_t len = strcspn(postel_mutator_last(m), " ");
        assert_true(len >= strlen("splice"));
        assert_memory_equal(postel_mutator_last(m) + len - strlen("splice"), "splice",
                            strlen("splice"));
    }
}

int main(void)
{
    static const struct row rows[] = {
        {"part", MUTATION_PART, "imap:response", "* 1 EXISTS\r\n", "", "", "* 0 EXISTS\r\n"},
        {"part splice", MUTATION_PART_SPLICE, "imap:response", "* 1 EXISTS\r\n", "* 23 RECENT\r\n",
         "^\\* (23 EXISTS|23 RECENT|1 RECENT)\r\n$", "* 23 EXISTS\r\n"},
        {"unit", MUTATION_UNIT, "pop3:command", "X\r\n", "", "\r\n$", "X\r\nNOOP\r\n"},
        {"keyword", MUTATION_KEYWORD, "pop3:command", "X\r\n", "", "^([^ ]+|[^ ]+ X)\r\n$",
         "UIDL\r\n"},
        {"swap", MUTATION_SWAP, "imap:command", "a b\r\n", "", "^b a\r\n$", "b a\r\n"},
        {"repeat", MUTATION_REPEAT, "imap:command", "a\r\n", "", "^a( a)+\r\n$", "a a\r\n"},
        {"repeat a list", MUTATION_REPEAT, "imap:response", "(a)\r\n", "",
         "^(\\(a( a)*\\)( ?\\(a\\))*)\r\n$", "(a)(a)\r\n"},
        {"drop", MUTATION_DROP, "imap:command", "a b\r\n", "", "^( b|a|a )\r\n$", "a\r\n"},
        {"nest", MUTATION_NEST, "imap:command", "a\r\n", "", "^\\(+a\\)*\r\n$", "(a)\r\n"},
        {"unnest", MUTATION_UNNEST, "imap:command", "x (a)\r\n", "", "^x a\r\n$", "x a\r\n"},
        {"splice", MUTATION_SPLICE, "imap:command", "a\r\n", "b\r\n", "^(a )?b\r\n$", "a b\r\n"},
        {"order", MUTATION_ORDER, "imap:command", "a\r\nb\r\n", "", "^b\r\na\r\n$", "b\r\na\r\n"},
        {"a unit repeated", MUTATION_UNIT_REPEAT, "imap:command", "a\r\n", "", "^a\r\n(a\r\n)+$",
         "a\r\na\r\n"},
        {"a unit dropped", MUTATION_UNIT_DROP, "imap:command", "a\r\nb\r\n", "", "^[ab]\r\n$",
         "b\r\n"},
        {"a unit spliced", MUTATION_UNIT_SPLICE, "imap:command", "a\r\n", "b\r\n",
         "^b\r\n(a\r\n)?$", "b\r\na\r\n"},
        {"cut", MUTATION_CUT, "imap:command", "a bc\r\n", "", "^a?( (b(c\r?)?)?)?$", "a "},
        {"number", MUTATION_NUMBER, "imap:command", "x 7\r\n", "", "^x -?[0-9]+\r\n$",
         "x 4294967296\r\n"},
        {"set", MUTATION_SET, "imap:command", "x 1:2\r\n", "", "^x [-0-9:,*$]+\r\n$", "x *:1\r\n"},
        {"quoted to literal", MUTATION_FORM, "imap:command", "x \"a\\\"\"\r\n", "",
         "^(\"?x\"?|NIL|~?\\{1\\+?\\}\r\nx) (\"a\\\\\"\"|a\"|NIL|~?\\{2\\+?\\}\r\na\")\r\n$",
         "x {2}\r\na\"\r\n"},
        {"literal to quoted", MUTATION_FORM, "imap:response", "{2}\r\na\"\r\n", "",
         "^(\"a\\\\\"\"|a\"|NIL|~?\\{2\\+?\\}\r\na\")\r\n$", "\"a\\\"\"\r\n"},
        {"literal, wrong count", MUTATION_LITERAL_WRONG, "imap:response", "{3}\r\nabc\r\n", "",
         "^\\{-?[0-9]+\\}\r\nabc\r\n$", "{2}\r\nabc\r\n"},
        {"letter case", MUTATION_LETTER_CASE, "imap:command", "ab\r\n", "", "^[aA][bB]\r\n$",
         "AB\r\n"},
        {"octet", MUTATION_OCTET, "imap:command", "ab\r\n", "", "", "b\r\n"},
        {"line end", MUTATION_LINE_END, "imap:command", "a\r\n", "", "^a[\r\n .]*$", "a\n"},
        {"space", MUTATION_SPACE, "imap:command", "a b\r\n", "", "^a[ \t\r\n]*b\r\n$", "a\tb\r\n"},
        {"tag", MUTATION_TAG, "imap:command", "x NOOP\r\ny NOOP\r\n", "",
         "^([xy*+aA1%O\"{}0K]*) NOOP\r\n([xy*+aA1%O\"{}0K]*) NOOP\r\n$", "x NOOP\r\nx NOOP\r\n"},
        {"dot", MUTATION_DOT, "smtp:command", "a\r\n", "", "^[.\r\n ]+a\r\n$", "..a\r\n"},
        {"dot taken away", MUTATION_DOT, "smtp:command", "..a\r\n", "", "^[.\r\n ]+a\r\n$",
         ".a\r\n"},
        {"reply", MUTATION_REPLY, "smtp:reply", "250 a\r\n", "", "^(.{1,4}| *.*)[^0-9]?a\r\n$",
         "250-a\r\n"},
    };
    static const struct row splices[] = {
        {"values", MUTATION_SPLICE, "imap:response", "* 1 EXISTS\r\n", "* 23 RECENT\r\n", "", ""},
        {"long ones", MUTATION_SPLICE, "imap:response", "a\r\n",
         "* OK 0123456789012345678901234567890123456789012345678901234567890123456789012345678"
         "90123456789012345678901234567890123456789012345678901234567890123456789012345678901"
         "23456789012345678901234567890123456789012345678901234567890123456789012345678901234\r\n",
         "", ""},
        {"replies", MUTATION_SPLICE, "smtp:reply", "250 a\r\n", "550 b\r\n", "", ""},
    };
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = TABLE_ADD(tests, 0, rows, check_row);
    count = TABLE_ADD(tests, count, splices, check_splice);
    return table_run("mutations", tests, count);
}
