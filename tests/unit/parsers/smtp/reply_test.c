/* SPDX-License-Identifier: MIT */
#include "parsers/smtp/reply.h"

#include "parsers/core/frame.h"
#include "parsers/smtp/ehlo.h"
#include "tests/support/guard.h"
#include "tests/support/table.h"

enum { BASE = 500 };

/* A strict parse gives this rule at this octet (RULE_NONE: accepted); a lenient one is accepted
   with this many deviations, -1: is not. CRLF is added unless the text ends in LF. */
struct row {
    const char *name;
    const char *in;
    enum rule rule;
    size_t bad;
    int deviations;
};

static const struct row rows[] = {
    {"reply: one line", "250 OK", RULE_NONE, 0, 0},
    {"reply: space without text", "250 ", RULE_NONE, 0, 0},
    {"reply: bare code", "250", RULE_NONE, 0, 0},
    {"reply: tab in the text", "250 a\tb", RULE_NONE, 0, 0},
    {"reply: many lines", "250-a\r\n250-\r\n250 c", RULE_NONE, 0, 0},
    {"reply: bare code at the end of many", "250-a\r\n250", RULE_NONE, 0, 0},
    {"reply: lowest code", "200 x", RULE_NONE, 0, 0},
    {"reply: highest code", "559 x", RULE_NONE, 0, 0},
    {"reply: first digit too low", "199 x", RULE_SMTP_REPLY_CODE, 0, 1},
    {"reply: first digit too high", "600 x", RULE_SMTP_REPLY_CODE, 0, 1},
    {"reply: second digit too high", "260 x", RULE_SMTP_REPLY_CODE, 1, 1},
    {"reply: two digits", "25 x", RULE_SMTP_REPLY_LINE, 2, -1},
    {"reply: four digits", "2500 x", RULE_SMTP_REPLY_LINE, 3, -1},
    {"reply: no code", "OK", RULE_SMTP_REPLY_LINE, 0, -1},
    {"reply: leading space", " 250 x", RULE_SMTP_REPLY_LINE, 0, -1},
    {"reply: empty", "", RULE_SMTP_REPLY_LINE, 0, -1},
    {"reply: other separator", "250=x", RULE_SMTP_REPLY_LINE, 3, -1},
    {"reply: codes differ", "220-a\r\n521 b", RULE_SMTP_REPLY_CODES_DIFFER, 7, 1},
    {"reply: text behind the last line", "250 a\r\n250 b", RULE_SMTP_REPLY_LINE, 7, -1},
    {"reply: line without a code in the middle", "250-a\r\nb\r\n250 c", RULE_SMTP_REPLY_LINE, 7,
     -1},
    {"reply: bare LF", "250 a\n", RULE_SMTP_BARE_LF, 5, 1},
    {"reply: bare LF in the middle", "250-a\n250 b\r\n", RULE_SMTP_BARE_LF, 5, 1},
    {"reply: bare CR", "250 a\rb", RULE_SMTP_BARE_CR, 5, 1},
    {"reply: CR CR LF", "250 a\r\r\n", RULE_SMTP_BARE_CR, 5, 1},
    {"reply: 8-bit text, noted once", "250 caf\xE9\xE9", RULE_SMTP_REPLY_8BIT, 7, 1},
    {"reply: control, noted once", "250 a\x01\x02", RULE_SMTP_REPLY_CONTROL, 5, 1},
    {"reply: DEL", "250 \x7F", RULE_SMTP_REPLY_CONTROL, 4, 1},
};

static struct span wire(const struct row *row, uint8_t *buffer)
{
    struct span text = span_text(row->in);
    memcpy(buffer, text.ptr, text.len);
    if (text.len == 0 || text.ptr[text.len - 1] != '\n') {
        buffer[text.len++] = '\r';
        buffer[text.len++] = '\n';
    }
    return (struct span){buffer, text.len};
}

static enum parse_rc parse(struct parse *p, struct span in, bool lenient, struct smtp_reply *reply)
{
    static uint8_t block[8192];
    static struct arena arena;
    arena_init(&arena, block, sizeof block);
    parse_init(p, in, BASE, &arena);
    p->quirks = lenient ? QUIRKS_ALL : QUIRKS_STRICT;
    return smtp_parse_reply(p, reply);
}

static void check_row(void **state)
{
    const struct row *row = *state;
    uint8_t buffer[256];
    uint8_t written[256];
    struct guard g;
    struct parse p;
    struct smtp_reply reply;
    guard_init(&g, wire(row, buffer));
    enum parse_rc rc = parse(&p, g.span, false, &reply);
    assert_int_equal(rc, row->rule == RULE_NONE ? PARSE_OK : PARSE_BAD);
    if (rc == PARSE_BAD) {
        assert_string_equal(rule_info(p.err.rule)->name, rule_info(row->rule)->name);
        assert_int_equal(p.err.off, BASE + row->bad);
    } else {
        struct out o;
        out_init(&o, written, sizeof written);
        smtp_emit_reply(&o, &reply);
        assert_true(span_equal(out_span(&o), g.span));
    }
    rc = parse(&p, g.span, true, &reply);
    assert_int_equal(rc, row->deviations < 0 ? PARSE_BAD : PARSE_OK);
    int count = 0;
    for (const struct deviation *d = p.deviations; d != NULL; d = d->next) {
        assert_int_equal(d->off, BASE + row->bad);
        count++;
    }
    assert_int_equal(count, row->deviations < 0 ? 0 : row->deviations);
    for (size_t len = 0; len < g.span.len; len++) {
        struct guard cut;
        guard_init(&cut, span_sub(g.span, 0, len));
        rc = parse(&p, cut.span, true, &reply);
        bool whole = len > 0 && cut.span.ptr[len - 1] == '\n' && rc == PARSE_OK;
        assert_true(rc == PARSE_BAD || whole);
        guard_fini(&cut);
    }
    guard_fini(&g);
}

struct status_row {
    const char *name;
    const char *in;
    bool present;
    unsigned status_class, subject, detail;
    const char *human;
};

static const struct status_row status_rows[] = {
    {"status-code: usual", "550 5.1.1 no such user", true, 5, 1, 1, "no such user"},
    {"status-code: three digits", "421 4.123.999 x", true, 4, 123, 999, "x"},
    {"status-code: alone", "250 2.0.0", true, 2, 0, 0, ""},
    {"status-code: class 3", "334 3.0.0 x", false, 0, 0, 0, "3.0.0 x"},
    {"status-code: four digits", "550 5.1.1000 x", false, 0, 0, 0, "5.1.1000 x"},
    {"status-code: two parts", "550 5.1 x", false, 0, 0, 0, "5.1 x"},
    {"status-code: no space behind", "550 5.1.1: x", false, 0, 0, 0, "5.1.1: x"},
    {"status-code: an address", "250 2.1.5.9 x", false, 0, 0, 0, "2.1.5.9 x"},
};

static void check_status(void **state)
{
    const struct status_row *row = *state;
    const struct row plain = {.name = row->name, .in = row->in};
    uint8_t buffer[256];
    struct parse p;
    struct smtp_reply reply;
    assert_int_equal(parse(&p, wire(&plain, buffer), false, &reply), PARSE_OK);
    assert_int_equal(reply.enhanced.present, row->present);
    assert_int_equal(reply.enhanced.status_class, row->status_class);
    assert_int_equal(reply.enhanced.subject, row->subject);
    assert_int_equal(reply.enhanced.detail, row->detail);
    assert_true(span_equal(reply.lines->human, span_text(row->human)));
}

static const struct row ehlo_rows[] = {
    {"ehlo-ok-rsp: domain", "250 mx.example.test", RULE_NONE, 0, 0},
    {"ehlo-ok-rsp: greeting", "250 mx.example.test Hello [192.0.2.1]", RULE_NONE, 0, 0},
    {"ehlo-ok-rsp: lines",
     "250-mx.example.test\r\n250-SIZE 5\r\n250-AUTH PLAIN X\r\n250 x-1 ?=", RULE_NONE, 0, 0},
    {"ehlo-ok-rsp: no domain", "250-(x)\r\n250 DSN", RULE_SMTP_EHLO_DOMAIN, 4, 1},
    {"ehlo-ok-rsp: literal", "250 [192.0.2.1]", RULE_SMTP_EHLO_DOMAIN, 4, 1},
    {"ehlo-ok-rsp: underscore", "250 a_b.test", RULE_SMTP_EHLO_DOMAIN, 5, 1},
    {"ehlo-ok-rsp: keyword for the domain", "250-SIZE\r\n250 DSN", RULE_SMTP_EHLO_DOMAIN, 4, 1},
    {"ehlo-ok-rsp: a host that is called so", "250 size", RULE_NONE, 0, 0},
    {"ehlo-ok-rsp: status code", "250 2.0.0 mx.example.test", RULE_SMTP_EHLO_DOMAIN, 4, 1},
    {"ehlo-ok-rsp: mechanism in lower case", "250-a\r\n250 AUTH plain", RULE_SMTP_EHLO_AUTH, 16, 1},
    {"ehlo-ok-rsp: nothing", "250 ", RULE_SMTP_EHLO_DOMAIN, 4, 1},
    {"ehlo-ok-rsp: keyword with =", "250-a\r\n250 X=1", RULE_SMTP_EHLO_KEYWORD, 12, 1},
    {"ehlo-ok-rsp: AUTH=", "250-a\r\n250 AUTH=LOGIN", RULE_SMTP_EHLO_AUTH_EQUALS, 15, 1},
    {"ehlo-ok-rsp: leading space", "250-a\r\n250  DSN", RULE_SMTP_EHLO_KEYWORD, 11, 1},
    {"ehlo-ok-rsp: leading hyphen", "250-a\r\n250 -DSN", RULE_SMTP_EHLO_KEYWORD, 11, 1},
    {"ehlo-ok-rsp: empty line", "250-a\r\n250-\r\n250 DSN", RULE_SMTP_EHLO_KEYWORD, 11, 1},
    {"ehlo-ok-rsp: trailing space", "250-a\r\n250 DSN ", RULE_SMTP_EHLO_PARAM, 15, 1},
    {"ehlo-ok-rsp: two spaces", "250-a\r\n250 AUTH  PLAIN", RULE_SMTP_EHLO_PARAM, 16, 1},
    {"ehlo-ok-rsp: size", "250-a\r\n250 SIZE x", RULE_SMTP_EHLO_SIZE, 16, 1},
    {"ehlo-ok-rsp: mechanism", "250-a\r\n250 AUTH PLAIN,LOGIN", RULE_SMTP_EHLO_AUTH, 21, 1},
};

static void check_ehlo(void **state)
{
    const struct row *row = *state;
    uint8_t buffer[256];
    uint8_t written[256];
    struct span in = wire(row, buffer);
    struct parse p;
    struct smtp_reply reply;
    struct smtp_ehlo ehlo;
    assert_int_equal(parse(&p, in, false, &reply), PARSE_OK);
    enum parse_rc rc = smtp_parse_ehlo_ok_rsp(&p, &reply, &ehlo);
    assert_int_equal(rc, row->rule == RULE_NONE ? PARSE_OK : PARSE_BAD);
    if (rc == PARSE_BAD) {
        assert_string_equal(rule_info(p.err.rule)->name, rule_info(row->rule)->name);
        assert_int_equal(p.err.off, BASE + row->bad);
    } else {
        struct out o;
        out_init(&o, written, sizeof written);
        smtp_emit_ehlo_ok_rsp(&o, &ehlo);
        assert_true(span_equal(out_span(&o), in));
    }
    assert_int_equal(parse(&p, in, true, &reply), PARSE_OK);
    assert_int_equal(smtp_parse_ehlo_ok_rsp(&p, &reply, &ehlo), PARSE_OK);
    assert_int_equal(p.deviations != NULL, row->deviations);
    if (p.deviations != NULL) {
        assert_int_equal(p.deviations->off, BASE + row->bad);
        assert_null(p.deviations->next);
    }
}

static const struct row greeting_rows[] = {
    {"greeting: name", "220 mx.example.test", RULE_NONE, 0, 0},
    {"greeting: name and text", "220 mx.example.test ESMTP", RULE_NONE, 0, 0},
    {"greeting: text that is a space", "220 mx.example.test  ", RULE_NONE, 0, 0},
    {"greeting: text that ends in a space", "220 mx.example.test ESMTP ", RULE_NONE, 0, 0},
    {"greeting: space without text", "220 mx.example.test ", RULE_SMTP_GREETING_SPACE, 19, 1},
    {"greeting: no name", "220 *** ESMTP", RULE_SMTP_GREETING, 4, 1},
};

static void check_greeting(void **state)
{
    const struct row *row = *state;
    uint8_t buffer[256];
    struct span in = wire(row, buffer);
    struct parse p;
    struct smtp_reply reply;
    struct smtp_host host;
    assert_int_equal(parse(&p, in, false, &reply), PARSE_OK);
    enum parse_rc rc = smtp_parse_greeting(&p, &reply, &host);
    assert_int_equal(rc, row->rule == RULE_NONE ? PARSE_OK : PARSE_BAD);
    if (rc == PARSE_BAD) {
        assert_string_equal(rule_info(p.err.rule)->name, rule_info(row->rule)->name);
        assert_int_equal(p.err.off, BASE + row->bad);
    }
    assert_int_equal(parse(&p, in, true, &reply), PARSE_OK);
    assert_int_equal(smtp_parse_greeting(&p, &reply, &host), PARSE_OK);
    assert_int_equal(p.deviations != NULL, row->deviations);
}

static void types_keywords(void **state)
{
    (void)state;
    struct parse p;
    struct smtp_reply reply;
    struct smtp_ehlo ehlo;
    struct span in = SPAN_LIT("250-a.b Hi there\r\n250-size 77\r\n250-AUTH=LOGIN\r\n"
                              "250-xfoo\r\n250 MT-PRIORITY MIXER\r\n");
    assert_int_equal(parse(&p, in, true, &reply), PARSE_OK);
    assert_int_equal(smtp_parse_ehlo_ok_rsp(&p, &reply, &ehlo), PARSE_OK);
    assert_true(span_is(ehlo.domain, "a.b"));
    assert_true(span_is(ehlo.greet, "Hi there"));
    assert_int_equal(ehlo.lines->size, 77);
    assert_true(smtp_extensions_has(ehlo.extensions, SMTP_EXT_SIZE));
    assert_true(smtp_extensions_has(ehlo.extensions, SMTP_EXT_MT_PRIORITY));
    assert_false(smtp_extensions_has(ehlo.extensions, SMTP_EXT_AUTH));
    assert_int_equal(ehlo.lines->next->next->extension, SMTP_EXT_UNKNOWN);
    assert_string_equal(smtp_extension_text(SMTP_EXT_MT_PRIORITY), "MT-PRIORITY");
}

static void frames_whole_replies(void **state)
{
    (void)state;
    struct span in = SPAN_LIT("250-a\r\n250-b\r\n250 c\r\n354 go\r\nab-c\r\n221\r\n250-");
    static const size_t lens[] = {21, 8, 6, 5};
    for (size_t cut = 1; cut <= in.len; cut++) {
        struct frame f;
        struct frame_unit unit;
        size_t shown = 0;
        size_t start = 0;
        size_t count = 0;
        frame_init(&f);
        frame_set_mode(&f, FRAME_MODE_SMTP_REPLY);
        while (shown < in.len) {
            shown = shown + cut < in.len ? shown + cut : in.len;
            while (frame_next(&f, span_sub(in, start, shown - start), &unit) == FRAME_OK) {
                assert_true(count < 4);
                assert_int_equal(unit.octets.len, lens[count++]);
                assert_int_equal(unit.off, start);
                start += unit.octets.len;
            }
        }
        assert_int_equal(count, 4);
    }
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX] = {
        cmocka_unit_test(types_keywords),
        cmocka_unit_test(frames_whole_replies),
    };
    size_t count = TABLE_ADD(tests, 2, rows, check_row);
    count = TABLE_ADD(tests, count, status_rows, check_status);
    count = TABLE_ADD(tests, count, ehlo_rows, check_ehlo);
    count = TABLE_ADD(tests, count, greeting_rows, check_greeting);
    return table_run("parsers/smtp/reply", tests, count);
}
