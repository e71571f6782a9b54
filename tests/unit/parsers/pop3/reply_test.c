/* SPDX-License-Identifier: MIT */
#include "parsers/pop3/reply.h"

#include "tests/support/guard.h"
#include "tests/support/table.h"

struct row {
    const char *name;
    const char *in;
    struct pop3_reply_context context;
    enum parse_rc rc;
    const char *want; /* the value in words, see describe() */
    enum rule rule;
    uint64_t off;
    bool lenient;
};

#define STAT                                                                                       \
    {                                                                                              \
        .verb = POP3_STAT                                                                          \
    }
#define LISTN                                                                                      \
    {                                                                                              \
        .verb = POP3_LIST, .has_argument = true                                                    \
    }
#define UIDLN                                                                                      \
    {                                                                                              \
        .verb = POP3_UIDL, .has_argument = true                                                    \
    }
#define LANGX                                                                                      \
    {                                                                                              \
        .verb = POP3_LANG, .has_argument = true, .utf8 = true                                      \
    }
#define NOOP                                                                                       \
    {                                                                                              \
        .verb = POP3_NOOP                                                                          \
    }
#define CODES                                                                                      \
    {                                                                                              \
        .verb = POP3_PASS, .resp_codes = true                                                      \
    }
#define HELLO                                                                                      \
    {                                                                                              \
        .greeting = true                                                                           \
    }
#define A50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A500 A50 A50 A50 A50 A50 A50 A50 A50 A50 A50
#define A70 A50 "aaaaaaaaaaaaaaaaaaaa"

static const struct row rows[] = {
    {"reply: +OK", "+OK\r\n", NOOP, PARSE_OK, "ok", 0, 0, true},
    {"reply: +OK and text", "+OK dewey POP3 server [2] off\r\n", NOOP, PARSE_OK, "ok", 0, 0, true},
    {"reply: empty text", "+OK \r\n", NOOP, PARSE_OK, "ok", 0, 0, true},
    {"reply: -ERR", "-ERR no such message\r\n", STAT, PARSE_OK, "err", 0, 0, true},
    {"reply: TAB", "+OK a\tb\r\n", NOOP, PARSE_OK, "ok", 0, 0, true},
    {"code: IN-USE", "-ERR [IN-USE] twice?\r\n", NOOP, PARSE_OK, "err [IN-USE]", 0, 0, true},
    {"code: lower case", "-ERR [in-use] twice?\r\n", NOOP, PARSE_OK, "err [IN-USE]", 0, 0, true},
    {"code: SYS/TEMP", "-ERR [SYS/TEMP] later\r\n", CODES, PARSE_OK, "err [SYS/TEMP]", 0, 0, true},
    {"code: SYS/TEMP/DISK", "-ERR [SYS/TEMP/DISK] x\r\n", CODES, PARSE_OK, "err [SYS/TEMP]", 0, 0,
     true},
    {"code: SYS/OTHER", "-ERR [SYS/OTHER] x\r\n", CODES, PARSE_OK, "err [SYS]", 0, 0, true},
    {"code: AUTHOR is not AUTH", "-ERR [AUTHOR] x\r\n", CODES, PARSE_OK, "err unknown code", 0, 0,
     true},
    {"code: unknown", "-ERR [X-A/B] x\r\n", CODES, PARSE_OK, "err unknown code", 0, 0, true},
    {"code: broken, codes not announced", "-ERR [a b] x\r\n", NOOP, PARSE_OK, "err", 0, 0, true},
    {"code: space", "-ERR [a b] x\r\n", CODES, PARSE_BAD, "err", RULE_POP3_RESP_CODE, 7, true},
    {"code: empty level", "-ERR [a//b] x\r\n", CODES, PARSE_BAD, "err", RULE_POP3_RESP_CODE, 8,
     true},
    {"code: empty", "-ERR [] x\r\n", CODES, PARSE_BAD, "err", RULE_POP3_RESP_CODE, 6, true},
    {"code: open", "-ERR [abc\r\n", CODES, PARSE_BAD, "err", RULE_POP3_RESP_CODE, 9, true},
    {"greeting: timestamp", "+OK ready <1896.697170952@dbc.mtview.ca.us>\r\n", HELLO, PARSE_OK,
     "ok <1896.697170952@dbc.mtview.ca.us>", 0, 0, true},
    {"greeting: brackets round words", "+OK <to our server>\r\n", HELLO, PARSE_OK, "ok", 0, 0,
     true},
    {"greeting: + alone is no continuation", "+ ready\r\n", HELLO, PARSE_BAD, NULL,
     RULE_POP3_STATUS, 0, false},
    {"greeting: no msg-id", "+OK <1896>\r\n", HELLO, PARSE_BAD, "ok", RULE_POP3_TIMESTAMP, 4, true},
    {"STAT: two numbers", "+OK 2 320\r\n", STAT, PARSE_OK, "ok count 2 size 320", 0, 0, true},
    {"STAT: more behind", "+OK 2 320 octets\r\n", STAT, PARSE_OK, "ok count 2 size 320", 0, 0,
     true},
    {"STAT: nothing", "+OK\r\n", STAT, PARSE_BAD, NULL, RULE_POP3_DROP_LISTING, 3, false},
    {"STAT: words", "+OK two 320\r\n", STAT, PARSE_BAD, NULL, RULE_POP3_DROP_LISTING, 4, false},
    {"STAT: no size", "+OK 2\r\n", STAT, PARSE_BAD, NULL, RULE_POP3_DROP_LISTING, 5, false},
    {"STAT: two spaces", "+OK 2  320\r\n", STAT, PARSE_BAD, "ok count 2 size 320",
     RULE_POP3_DROP_LISTING, 6, true},
    {"STAT: two spaces in front", "+OK  2 320\r\n", STAT, PARSE_BAD, "ok count 2 size 320",
     RULE_POP3_DROP_LISTING, 4, true},
    {"STAT: negative", "+OK 2 -1\r\n", STAT, PARSE_BAD, "ok count 2 size 1", RULE_POP3_DROP_LISTING,
     6, true},
    {"STAT: float", "+OK 2 1.8e+06\r\n", STAT, PARSE_BAD, "ok count 2 size 1",
     RULE_POP3_DROP_LISTING, 7, true},
    {"LIST n: listing", "+OK 2 200\r\n", LISTN, PARSE_OK, "ok number 2 size 200", 0, 0, true},
    {"LIST n: zero", "+OK 0 200\r\n", LISTN, PARSE_BAD, NULL, RULE_POP3_SCAN_LISTING, 4, false},
    {"UIDL n: listing", "+OK 2 QhdPYR:00WBw1Ph7x7\r\n", UIDLN, PARSE_OK,
     "ok number 2 id QhdPYR:00WBw1Ph7x7", 0, 0, true},
    {"UIDL n: 70 octets", "+OK 2 " A70 "\r\n", UIDLN, PARSE_OK, "ok number 2 id " A70, 0, 0, true},
    {"UIDL n: 71 octets", "+OK 2 " A70 "x\r\n", UIDLN, PARSE_BAD, "ok number 2 id " A70 "x",
     RULE_POP3_UNIQUE_ID, 76, true},
    {"UIDL n: no number", "+OK abc\r\n", UIDLN, PARSE_BAD, "ok number 0 id abc",
     RULE_POP3_UNIQUE_ID_LISTING, 4, true},
    {"UIDL n: more behind", "+OK 2 abc 17\r\n", UIDLN, PARSE_BAD, "ok number 2 id abc",
     RULE_POP3_UNIQUE_ID_LISTING, 9, true},
    {"UIDL n: no id", "+OK 2 \r\n", UIDLN, PARSE_BAD, NULL, RULE_POP3_UNIQUE_ID, 6, false},
    {"LANG x: tag", "+OK es Idioma cambiado\r\n", LANGX, PARSE_OK, "ok language es", 0, 0, true},
    {"LANG x: UTF-8", "+OK es a\xC3\xB1o\r\n", LANGX, PARSE_OK, "ok language es", 0, 0, true},
    {"LANG x: not UTF-8", "+OK es a\xF1o\r\n", LANGX, PARSE_BAD, "ok language es",
     RULE_POP3_REPLY_UTF8, 8, true},
    {"LANG x: no space", "+OK es\r\n", LANGX, PARSE_BAD, NULL, RULE_POP3_LANGUAGE_REPLY, 6, false},
    {"continue-req: empty", "+ \r\n", {.verb = POP3_AUTH}, PARSE_OK, "continue", 0, 0, true},
    {"continue-req: base64",
     "+ AGEAYg==\r\n",
     {.verb = POP3_AUTH},
     PARSE_OK,
     "continue AGEAYg==",
     0,
     0,
     true},
    {"continue-req: no space",
     "+\r\n",
     {.verb = POP3_AUTH},
     PARSE_BAD,
     "continue",
     RULE_POP3_CONTINUE_REQ,
     1,
     true},
    {"continue-req: words",
     "+ go on\r\n",
     {.verb = POP3_AUTH},
     PARSE_BAD,
     "continue go on",
     RULE_POP3_CONTINUE_REQ,
     4,
     true},
    {"status: lower case", "+Ok x\r\n", NOOP, PARSE_BAD, "ok", RULE_POP3_STATUS_CASE, 2, true},
    {"status: -err", "-err x\r\n", NOOP, PARSE_BAD, "err", RULE_POP3_STATUS_CASE, 1, true},
    {"status: +ERR", "+ERR x\r\n", NOOP, PARSE_BAD, "err", RULE_POP3_STATUS, 0, true},
    {"status: IMAP", "* OK x\r\n", NOOP, PARSE_BAD, NULL, RULE_POP3_STATUS, 0, false},
    {"status: empty", "\r\n", NOOP, PARSE_BAD, NULL, RULE_POP3_STATUS, 0, false},
    {"single-line: no space", "+OK2\r\n", NOOP, PARSE_BAD, "ok", RULE_POP3_REPLY_SPACE, 3, true},
    {"single-line: 512 octets", "+OK aaaaaa" A500 "\r\n", NOOP, PARSE_OK, "ok", 0, 0, true},
    {"single-line: 513 octets", "+OK aaaaaaa" A500 "\r\n", NOOP, PARSE_BAD, "ok",
     RULE_POP3_REPLY_LENGTH, 512, true},
    {"single-line: LF alone", "+OK x\n", NOOP, PARSE_BAD, "ok", RULE_POP3_REPLY_CRLF, 5, true},
    {"text: 8-bit", "+OK a\xF1o\r\n", NOOP, PARSE_BAD, "ok", RULE_POP3_REPLY_TEXT, 5, true},
    {"text: bare CR", "+OK a\ro\r\n", NOOP, PARSE_BAD, "ok", RULE_POP3_REPLY_TEXT, 5, true},
};

/* The value in words. */
static void describe(const struct pop3_reply *reply, struct out *o)
{
    static const char *const statuses[] = {"ok", "err", "continue"};
    out_text(o, statuses[reply->status]);
    if (reply->code == POP3_CODE_UNKNOWN) {
        out_text(o, " unknown code");
    } else if (reply->code != POP3_CODE_NONE) {
        out_text(o, " [");
        out_text(o, pop3_code_text(reply->code));
        out_text(o, "]");
    }
    if (reply->typed && reply->language.len > 0) {
        out_text(o, " language ");
        out_bytes(o, reply->language);
    } else if (reply->typed) {
        bool id = reply->unique_id.len > 0;
        bool stat = reply->number == 0 && !id;
        out_text(o, stat ? " count " : " number ");
        out_number(o, stat ? reply->count : reply->number);
        out_text(o, id ? " id " : " size ");
        if (id) {
            out_bytes(o, reply->unique_id);
        } else {
            out_number(o, reply->size);
        }
    }
    const struct span last = reply->timestamp.len > 0 ? reply->timestamp : reply->challenge;
    out_text(o, last.len > 0 ? " " : "");
    out_bytes(o, last);
}

static void check_value(const struct pop3_reply *reply, const char *want)
{
    char text[1024];
    struct out o;
    out_init(&o, text, sizeof text - 1);
    describe(reply, &o);
    text[o.len] = '\0';
    assert_string_equal(text, want);
}

enum { BASE = 500 };

static void check(void **state)
{
    const struct row *row = *state;
    struct guard g;
    guard_init(&g, span_text(row->in));
    _Alignas(16) static uint8_t block[1024];
    struct arena arena;
    arena_init(&arena, block, sizeof block);
    struct parse p;
    struct pop3_reply reply;
    parse_init(&p, g.span, BASE, &arena);
    assert_int_equal(pop3_parse_reply(&p, &row->context, &reply), row->rc);
    if (row->rc == PARSE_OK) {
        check_value(&reply, row->want);
        uint8_t buffer[1024];
        struct out o;
        out_init(&o, buffer, sizeof buffer);
        pop3_emit_reply(&o, &row->context, &reply);
        assert_true(span_equal(out_span(&o), g.span));
    } else {
        assert_int_equal(p.err.rule, row->rule);
        assert_int_equal(p.err.off, BASE + row->off);
        parse_init(&p, g.span, BASE, &arena);
        p.quirks = QUIRKS_ALL;
        assert_int_equal(pop3_parse_reply(&p, &row->context, &reply) == PARSE_OK, row->lenient);
        if (row->lenient) {
            check_value(&reply, row->want);
            assert_int_equal(p.deviations->rule, row->rule);
            assert_int_equal(p.deviations->off, BASE + row->off);
        }
        parse_init(&p, g.span, BASE, NULL);
        p.quirks = QUIRKS_ALL;
        assert_int_equal(pop3_parse_reply(&p, &row->context, &reply), PARSE_BAD);
    }
    guard_fini(&g);
}

static void check_cut(void **state)
{
    const struct row *row = *state;
    struct span all = span_text(row->in);
    for (size_t len = 0; row->rc == PARSE_OK && len < all.len; len++) {
        struct guard g;
        guard_init(&g, span_sub(all, 0, len));
        struct parse p;
        struct pop3_reply reply;
        parse_init(&p, g.span, 0, NULL);
        assert_int_equal(pop3_parse_reply(&p, &row->context, &reply), PARSE_BAD);
        assert_true(p.err.off <= len);
        guard_fini(&g);
    }
}

static void emits_from_fields(void **state)
{
    (void)state;
    static const struct {
        struct pop3_reply_context context;
        struct pop3_reply reply;
        const char *want;
    } cases[] = {
        {NOOP, {.status = POP3_OK}, "+OK\r\n"},
        {NOOP, {.status = POP3_OK, .human = {(const uint8_t *)"hi", 2}}, "+OK hi\r\n"},
        {STAT, {.status = POP3_OK, .typed = true, .count = 2, .size = 320}, "+OK 2 320\r\n"},
        {LISTN, {.status = POP3_OK, .typed = true, .number = 2, .size = 9}, "+OK 2 9\r\n"},
        {UIDLN,
         {.status = POP3_OK, .typed = true, .number = 2, .unique_id = {(const uint8_t *)"u", 1}},
         "+OK 2 u\r\n"},
        {NOOP,
         {.status = POP3_ERR, .code = POP3_CODE_SYS_PERM, .human = {(const uint8_t *)"x", 1}},
         "-ERR [SYS/PERM] x\r\n"},
        {NOOP, {.status = POP3_CONTINUE}, "+ \r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t buffer[128];
        struct out o;
        out_init(&o, buffer, sizeof buffer);
        pop3_emit_reply(&o, &cases[i].context, &cases[i].reply);
        assert_true(span_equal(out_span(&o), span_text(cases[i].want)));
        struct parse p;
        struct pop3_reply back;
        parse_init(&p, out_span(&o), 0, NULL);
        assert_int_equal(pop3_parse_reply(&p, &cases[i].context, &back), PARSE_OK);
        assert_int_equal(back.code, cases[i].reply.code);
    }
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = TABLE_ADD(tests, 0, rows, check);
    count = TABLE_ADD(tests, count, rows, check_cut);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(emits_from_fields);
    return table_run("parsers/pop3/reply", tests, count);
}
