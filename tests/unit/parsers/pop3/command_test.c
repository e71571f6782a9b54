/* SPDX-License-Identifier: MIT */
#include "parsers/pop3/command.h"

#include "tests/support/guard.h"
#include "tests/support/table.h"

struct row {
    const char *name;
    const char *in;
    enum parse_rc rc;
    enum pop3_verb verb;
    uint64_t number;
    uint64_t lines;
    const char *word; /* the name field */
    enum rule rule;   /* of the error, or of the first deviation with all quirks on */
    uint64_t off;
    bool lenient; /* PARSE_OK with all quirks on */
};

#define MD5 "c4c9334bac560ecc979e58001b3e22fb"
#define A50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A243 A50 A50 A50 A50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct row rows[] = {
    {"command: STAT", "STAT\r\n", PARSE_OK, POP3_STAT, 0, 0, NULL, 0, 0, true},
    {"command: lower case", "quit\r\n", PARSE_OK, POP3_QUIT, 0, 0, NULL, 0, 0, true},
    {"command: unknown", "XTND XMIT\r\n", PARSE_OK, POP3_UNKNOWN, 0, 0, NULL, 0, 0, true},
    {"command: RETR", "RETR 12\r\n", PARSE_OK, POP3_RETR, 12, 0, NULL, 0, 0, true},
    {"command: leading zeros", "DELE 007\r\n", PARSE_OK, POP3_DELE, 7, 0, NULL, 0, 0, true},
    {"command: LIST alone", "LIST\r\n", PARSE_OK, POP3_LIST, 0, 0, NULL, 0, 0, true},
    {"command: UIDL n", "UIDL 3\r\n", PARSE_OK, POP3_UIDL, 3, 0, NULL, 0, 0, true},
    {"command: TOP", "TOP 1 0\r\n", PARSE_OK, POP3_TOP, 1, 0, NULL, 0, 0, true},
    {"command: TOP lines", "top 2 10\r\n", PARSE_OK, POP3_TOP, 2, 10, NULL, 0, 0, true},
    {"command: USER", "USER mrose\r\n", PARSE_OK, POP3_USER, 0, 0, "mrose", 0, 0, true},
    {"command: PASS with spaces", "PASS  a b \r\n", PARSE_OK, POP3_PASS, 0, 0, " a b ", 0, 0, true},
    {"command: APOP", "APOP mrose " MD5 "\r\n", PARSE_OK, POP3_APOP, 0, 0, "mrose", 0, 0, true},
    {"command: AUTH", "AUTH PLAIN\r\n", PARSE_OK, POP3_AUTH, 0, 0, "PLAIN", 0, 0, true},
    {"command: AUTH initial", "AUTH PLAIN AGEAYg==\r\n", PARSE_OK, POP3_AUTH, 0, 0, "PLAIN", 0, 0,
     true},
    {"command: AUTH =", "AUTH EXTERNAL =\r\n", PARSE_OK, POP3_AUTH, 0, 0, "EXTERNAL", 0, 0, true},
    {"command: LANG", "LANG en-boont\r\n", PARSE_OK, POP3_LANG, 0, 0, "en-boont", 0, 0, true},
    {"command: LANG *", "LANG *\r\n", PARSE_OK, POP3_LANG, 0, 0, "*", 0, 0, true},
    {"command: LANG alone", "LANG\r\n", PARSE_OK, POP3_LANG, 0, 0, NULL, 0, 0, true},
    {"command: 255 octets", "PASS aaaaa" A243 "\r\n", PARSE_OK, POP3_PASS, 0, 0, NULL, 0, 0, true},
    {"command: 256 octets", "PASS aaaaaa" A243 "\r\n", PARSE_BAD, POP3_PASS, 0, 0, NULL,
     RULE_POP3_COMMAND_LENGTH, 255, true},
    {"auth: 256 octets", "AUTH PLAIN aa" A243 "=\r\n", PARSE_BAD, POP3_AUTH, 0, 0, NULL,
     RULE_POP3_AUTH_INITIAL, 256, true},
    {"auth: 259 octets of base64", "AUTH PLAIN " A243 "aaa==\r\n", PARSE_BAD, POP3_AUTH, 0, 0, NULL,
     RULE_POP3_INITIAL_LENGTH, 255, true},
    {"command: LF alone", "STAT\n", PARSE_BAD, POP3_STAT, 0, 0, NULL, RULE_POP3_COMMAND_CRLF, 4,
     true},
    {"command: no end", "STAT", PARSE_BAD, POP3_STAT, 0, 0, NULL, RULE_POP3_COMMAND_CRLF, 4, false},
    {"command: bare CR", "STAT\rx\r\n", PARSE_BAD, POP3_UNKNOWN, 0, 0, NULL, RULE_POP3_COMMAND_CHAR,
     4, true},
    {"command: empty", "\r\n", PARSE_BAD, POP3_UNKNOWN, 0, 0, NULL, RULE_POP3_KEYWORD, 0, false},
    {"keyword: two octets", "AB\r\n", PARSE_BAD, POP3_UNKNOWN, 0, 0, NULL, RULE_POP3_KEYWORD, 2,
     true},
    {"keyword: five octets", "HELLO\r\n", PARSE_BAD, POP3_UNKNOWN, 0, 0, NULL, RULE_POP3_KEYWORD, 4,
     true},
    {"command: argument to STAT", "STAT 1\r\n", PARSE_BAD, POP3_STAT, 0, 0, NULL,
     RULE_POP3_ARGUMENT_NONE, 4, false},
    {"command: space at the end", "STAT \r\n", PARSE_BAD, POP3_STAT, 0, 0, NULL,
     RULE_POP3_COMMAND_SPACE, 4, true},
    {"command: two spaces", "RETR  1\r\n", PARSE_BAD, POP3_RETR, 1, 0, NULL,
     RULE_POP3_COMMAND_SPACE, 5, true},
    {"command: TAB", "RETR\t1\r\n", PARSE_BAD, POP3_UNKNOWN, 0, 0, NULL, RULE_POP3_COMMAND_CHAR, 4,
     true},
    {"RETR: no number", "RETR\r\n", PARSE_BAD, POP3_RETR, 0, 0, NULL, RULE_POP3_ARGUMENT_MESSAGE, 4,
     false},
    {"RETR: no number behind space", "RETR \r\n", PARSE_BAD, POP3_RETR, 0, 0, NULL,
     RULE_POP3_COMMAND_SPACE, 4, false},
    {"RETR: word", "RETR abc\r\n", PARSE_BAD, POP3_RETR, 0, 0, NULL, RULE_POP3_ARGUMENT_MESSAGE, 5,
     false},
    {"RETR: negative", "RETR -1\r\n", PARSE_BAD, POP3_RETR, 0, 0, NULL, RULE_POP3_ARGUMENT_MESSAGE,
     5, false},
    {"RETR: glued letters", "RETR 1x\r\n", PARSE_BAD, POP3_RETR, 0, 0, NULL,
     RULE_POP3_ARGUMENT_MESSAGE, 6, false},
    {"RETR: zero", "RETR 0\r\n", PARSE_BAD, POP3_RETR, 0, 0, NULL, RULE_POP3_ARGUMENT_MESSAGE, 5,
     true},
    {"RETR: two numbers", "RETR 1 2\r\n", PARSE_BAD, POP3_RETR, 0, 0, NULL, RULE_POP3_ARGUMENT_NONE,
     6, false},
    {"RETR: 2^64", "RETR 18446744073709551616\r\n", PARSE_BAD, POP3_RETR, 0, 0, NULL,
     RULE_POP3_ARGUMENT_MESSAGE, 5, false},
    {"TOP: no lines", "TOP 1\r\n", PARSE_BAD, POP3_TOP, 0, 0, NULL, RULE_POP3_ARGUMENT_LINES, 5,
     false},
    {"TOP: negative", "TOP 1 -1\r\n", PARSE_BAD, POP3_TOP, 0, 0, NULL, RULE_POP3_ARGUMENT_LINES, 6,
     false},
    {"USER: nothing", "USER\r\n", PARSE_BAD, POP3_USER, 0, 0, NULL, RULE_POP3_ARGUMENT_STRING, 4,
     false},
    {"USER: two words", "USER a b\r\n", PARSE_BAD, POP3_USER, 0, 0, NULL, RULE_POP3_COMMAND_SPACE,
     6, true},
    {"USER: 8-bit", "USER caf\xC3\xA9\r\n", PARSE_BAD, POP3_USER, 0, 0, NULL,
     RULE_POP3_COMMAND_CHAR, 8, true},
    {"APOP: no digest", "APOP a\r\n", PARSE_BAD, POP3_APOP, 0, 0, NULL, RULE_POP3_ARGUMENT_STRING,
     6, false},
    {"APOP: short digest", "APOP a c4c9\r\n", PARSE_BAD, POP3_APOP, 0, 0, NULL,
     RULE_POP3_APOP_DIGEST, 11, false},
    {"APOP: long digest", "APOP a " MD5 "0\r\n", PARSE_BAD, POP3_APOP, 0, 0, NULL,
     RULE_POP3_APOP_DIGEST, 39, false},
    {"APOP: upper case", "APOP a C4c9334bac560ecc979e58001b3e22fb\r\n", PARSE_BAD, POP3_APOP, 0, 0,
     NULL, RULE_POP3_APOP_DIGEST, 7, true},
    {"AUTH: nothing", "AUTH\r\n", PARSE_BAD, POP3_AUTH, 0, 0, NULL, RULE_POP3_AUTH_COMMAND, 4,
     false},
    {"AUTH: mechanism", "AUTH PLA!N\r\n", PARSE_BAD, POP3_AUTH, 0, 0, NULL, RULE_POP3_AUTH_COMMAND,
     8, false},
    {"AUTH: base64", "AUTH PLAIN A=AA\r\n", PARSE_BAD, POP3_AUTH, 0, 0, NULL,
     RULE_POP3_AUTH_INITIAL, 12, true},
    {"LANG: digits first", "LANG 1en\r\n", PARSE_BAD, POP3_LANG, 0, 0, NULL, RULE_POP3_LANG_RANGE,
     5, false},
    {"LANG: nine letters", "LANG abcdefghi\r\n", PARSE_BAD, POP3_LANG, 0, 0, NULL,
     RULE_POP3_LANG_RANGE, 13, false},
};

enum { BASE = 1000, ARENA = 1024 };

static void check(void **state)
{
    const struct row *row = *state;
    struct guard g;
    guard_init(&g, span_text(row->in));
    _Alignas(16) static uint8_t block[ARENA];
    struct arena arena;
    arena_init(&arena, block, sizeof block);
    struct parse p;
    struct pop3_command command;
    parse_init(&p, g.span, BASE, &arena);
    assert_int_equal(pop3_parse_command(&p, false, &command), row->rc);
    if (row->rc == PARSE_OK) {
        assert_int_equal(command.verb, row->verb);
        assert_int_equal(command.number, row->number);
        assert_int_equal(command.lines, row->lines);
        assert_int_equal(p.pos, g.span.len);
        if (row->word != NULL) {
            assert_true(span_equal(command.name, span_text(row->word)));
        }
        uint8_t buffer[512];
        struct out o;
        out_init(&o, buffer, sizeof buffer);
        pop3_emit_command(&o, &command);
        assert_true(span_equal(out_span(&o), g.span));
    } else {
        assert_int_equal(p.err.rule, row->rule);
        assert_int_equal(p.err.off, BASE + row->off);
        parse_init(&p, g.span, BASE, &arena);
        p.quirks = QUIRKS_ALL;
        assert_int_equal(pop3_parse_command(&p, false, &command) == PARSE_OK, row->lenient);
        if (row->lenient) {
            assert_int_equal(p.deviations->rule, row->rule);
            assert_int_equal(p.deviations->off, BASE + row->off);
            assert_int_equal(p.pos, g.span.len);
        }
    }
    guard_fini(&g);
}

/* No front of a good command is one itself. */
static void check_cut(void **state)
{
    const struct row *row = *state;
    struct span all = span_text(row->in);
    for (size_t len = 0; row->rc == PARSE_OK && len < all.len; len++) {
        struct guard g;
        guard_init(&g, span_sub(all, 0, len));
        struct parse p;
        struct pop3_command command;
        parse_init(&p, g.span, 0, NULL);
        assert_int_equal(pop3_parse_command(&p, false, &command), PARSE_BAD);
        assert_true(p.err.off <= len);
        guard_fini(&g);
    }
}

/* Values without written forms are written from their fields. */
static void emits_from_fields(void **state)
{
    (void)state;
    static const struct {
        struct pop3_command command;
        const char *want;
    } cases[] = {
        {{.verb = POP3_NOOP}, "NOOP\r\n"},
        {{.verb = POP3_LIST}, "LIST\r\n"},
        {{.verb = POP3_LIST, .has_number = true, .number = 4}, "LIST 4\r\n"},
        {{.verb = POP3_TOP, .has_number = true, .number = 4, .lines = 0}, "TOP 4 0\r\n"},
        {{.verb = POP3_USER, .name = {(const uint8_t *)"al", 2}}, "USER al\r\n"},
        {{.verb = POP3_APOP,
          .name = {(const uint8_t *)"al", 2},
          .digest = {(const uint8_t *)MD5, 32}},
         "APOP al " MD5 "\r\n"},
        {{.verb = POP3_AUTH,
          .name = {(const uint8_t *)"PLAIN", 5},
          .has_initial = true,
          .initial = {(const uint8_t *)"=", 1}},
         "AUTH PLAIN =\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t buffer[128];
        struct out o;
        out_init(&o, buffer, sizeof buffer);
        pop3_emit_command(&o, &cases[i].command);
        assert_true(span_equal(out_span(&o), span_text(cases[i].want)));
        struct parse p;
        struct pop3_command back;
        parse_init(&p, out_span(&o), 0, NULL);
        assert_int_equal(pop3_parse_command(&p, false, &back), PARSE_OK);
        assert_int_equal(back.number, cases[i].command.number);
        assert_int_equal(back.has_initial, cases[i].command.has_initial);
    }
}

static void utf8_is_legal_where_it_was_announced(void **state)
{
    (void)state;
    struct parse p;
    struct pop3_command command;
    parse_init(&p, SPAN_LIT("USER caf\xC3\xA9\r\n"), 0, NULL);
    assert_int_equal(pop3_parse_command(&p, true, &command), PARSE_OK);
    parse_init(&p, SPAN_LIT("PASS caf\xE9!\r\n"), 0, NULL);
    assert_int_equal(pop3_parse_command(&p, true, &command), PARSE_BAD);
    assert_int_equal(p.err.off, 8);
    parse_init(&p, SPAN_LIT("RETR \xC3\xA9\r\n"), 0, NULL);
    assert_int_equal(pop3_parse_command(&p, true, &command), PARSE_BAD);
}

static void sasl_responses(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        enum parse_rc rc;
        bool cancel;
        uint64_t off;
    } cases[] = {
        {"AGEAYg==\r\n", PARSE_OK, false, 0}, {"\r\n", PARSE_OK, false, 0},
        {"*\r\n", PARSE_OK, true, 0},         {"AGE\r\n", PARSE_BAD, false, 0},
        {"AG E\r\n", PARSE_BAD, false, 2},    {"AGEA\n", PARSE_BAD, false, 4},
        {"=\r\n", PARSE_BAD, false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct parse p;
        struct pop3_sasl_response response;
        parse_init(&p, span_text(cases[i].in), 0, NULL);
        assert_int_equal(pop3_parse_sasl_response(&p, &response), cases[i].rc);
        if (cases[i].rc == PARSE_OK) {
            assert_int_equal(response.cancel, cases[i].cancel);
            uint8_t buffer[32];
            struct out o;
            out_init(&o, buffer, sizeof buffer);
            pop3_emit_sasl_response(&o, &response);
            assert_true(span_equal(out_span(&o), p.in));
        } else {
            assert_int_equal(p.err.off, cases[i].off);
        }
    }
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = TABLE_ADD(tests, 0, rows, check);
    count = TABLE_ADD(tests, count, rows, check_cut);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(emits_from_fields);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(utf8_is_legal_where_it_was_announced);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(sasl_responses);
    return table_run("parsers/pop3/command", tests, count);
}
