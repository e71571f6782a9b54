/* SPDX-License-Identifier: MIT */
#include "parsers/pop3/reply.h"

#include "tests/support/guard.h"
#include "tests/support/table.h"

struct row {
    const char *name;
    const char *in;
    enum pop3_verb verb;
    enum parse_rc rc;
    enum pop3_line_kind kind;
    uint64_t number;  /* of the listing, or of the capability */
    uint64_t size;    /* scan listing; capability: the tag */
    const char *word; /* unique-id, language, parameters or text */
    enum rule rule;
    uint64_t off;
    bool lenient;
};

#define A50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A500 A50 A50 A50 A50 A50 A50 A50 A50 A50 A50
#define SCAN POP3_LINE_SCAN
#define ID POP3_LINE_UNIQUE_ID
#define CAPA POP3_LINE_CAPABILITY
#define LANG POP3_LINE_LANGUAGE

static const struct row rows[] = {
    {"end: LIST", ".\r\n", POP3_LIST, PARSE_OK, POP3_LINE_END, 0, 0, NULL, 0, 0, true},
    {"end: LF alone", ".\n", POP3_LIST, PARSE_BAD, POP3_LINE_END, 0, 0, NULL, RULE_POP3_LINE_CRLF,
     1, true},
    {"scan-listing: plain", "1 120\r\n", POP3_LIST, PARSE_OK, SCAN, 1, 120, NULL, 0, 0, true},
    {"scan-listing: more", "1 120 a@b Subject\r\n", POP3_LIST, PARSE_OK, SCAN, 1, 120, NULL, 0, 0,
     true},
    {"scan-listing: size 0", "1 0\r\n", POP3_LIST, PARSE_OK, SCAN, 1, 0, NULL, 0, 0, true},
    {"scan-listing: two spaces", "1  120\r\n", POP3_LIST, PARSE_BAD, SCAN, 1, 120, NULL,
     RULE_POP3_SCAN_LISTING, 2, true},
    {"scan-listing: -1", "1 -1\r\n", POP3_LIST, PARSE_BAD, SCAN, 1, 1, NULL, RULE_POP3_SCAN_LISTING,
     2, true},
    {"scan-listing: number 0", "0 10\r\n", POP3_LIST, PARSE_BAD, SCAN, 0, 0, NULL,
     RULE_POP3_SCAN_LISTING, 0, false},
    {"scan-listing: no size", "1\r\n", POP3_LIST, PARSE_BAD, SCAN, 0, 0, NULL,
     RULE_POP3_SCAN_LISTING, 1, false},
    {"scan-listing: LF alone", "1 2\n", POP3_LIST, PARSE_BAD, SCAN, 1, 2, NULL, RULE_POP3_LINE_CRLF,
     3, true},
    {"unique-id-listing: plain", "1 whqtswO00WBw418f9t5JxYwZ\r\n", POP3_UIDL, PARSE_OK, ID, 1, 0,
     "whqtswO00WBw418f9t5JxYwZ", 0, 0, true},
    {"unique-id-listing: digits", "12 345\r\n", POP3_UIDL, PARSE_OK, ID, 12, 0, "345", 0, 0, true},
    {"unique-id-listing: several spaces", "1   x\r\n", POP3_UIDL, PARSE_BAD, ID, 1, 0, "x",
     RULE_POP3_UNIQUE_ID_LISTING, 2, true},
    {"unique-id-listing: space at the end", "1 x \r\n", POP3_UIDL, PARSE_BAD, ID, 1, 0, "x",
     RULE_POP3_UNIQUE_ID_LISTING, 3, true},
    {"unique-id-listing: 8-bit", "1 \xE4\r\n", POP3_UIDL, PARSE_BAD, ID, 1, 0, "\xE4",
     RULE_POP3_UNIQUE_ID, 2, true},
    {"unique-id-listing: no id", "1 \r\n", POP3_UIDL, PARSE_BAD, ID, 0, 0, NULL,
     RULE_POP3_UNIQUE_ID, 2, false},
    {"capability: TOP", "TOP\r\n", POP3_CAPA, PARSE_OK, CAPA, 0, POP3_CAPA_TOP, NULL, 0, 0, true},
    {"capability: CR in the line", "TOP\r\r\n", POP3_CAPA, PARSE_BAD, CAPA, 0, POP3_CAPA_TOP, NULL,
     RULE_POP3_CAPABILITY, 3, false},
    {"capability: lower case", "resp-codes\r\n", POP3_CAPA, PARSE_OK, CAPA, 0, POP3_CAPA_RESP_CODES,
     NULL, 0, 0, true},
    {"capability: SASL", "SASL CRAM-MD5 KERBEROS_V4\r\n", POP3_CAPA, PARSE_OK, CAPA, 0,
     POP3_CAPA_SASL, "CRAM-MD5 KERBEROS_V4", 0, 0, true},
    {"capability: SASL without mechanism", "SASL\r\n", POP3_CAPA, PARSE_OK, CAPA, 0, POP3_CAPA_SASL,
     NULL, 0, 0, true},
    {"capability: LOGIN-DELAY", "LOGIN-DELAY 900 USER\r\n", POP3_CAPA, PARSE_OK, CAPA, 900,
     POP3_CAPA_LOGIN_DELAY, "900 USER", 0, 0, true},
    {"capability: EXPIRE", "EXPIRE 60\r\n", POP3_CAPA, PARSE_OK, CAPA, 60, POP3_CAPA_EXPIRE, "60",
     0, 0, true},
    {"capability: EXPIRE NEVER", "EXPIRE never\r\n", POP3_CAPA, PARSE_OK, CAPA, 0, POP3_CAPA_EXPIRE,
     "never", 0, 0, true},
    {"capability: IMPLEMENTATION", "IMPLEMENTATION BlurdyBlurp POP3 server\r\n", POP3_CAPA,
     PARSE_OK, CAPA, 0, POP3_CAPA_IMPLEMENTATION, "BlurdyBlurp POP3 server", 0, 0, true},
    {"capability: UTF8 USER", "UTF8 USER\r\n", POP3_CAPA, PARSE_OK, CAPA, 0, POP3_CAPA_UTF8, "USER",
     0, 0, true},
    {"capability: unknown", "X-MANGLING a b\r\n", POP3_CAPA, PARSE_OK, CAPA, 0, 0, "a b", 0, 0,
     true},
    {"capability: empty line", "\r\n", POP3_CAPA, PARSE_BAD, CAPA, 0, 0, NULL, RULE_POP3_CAPABILITY,
     0, false},
    {"capability: dot in the tag", "A.B\r\n", POP3_CAPA, PARSE_BAD, CAPA, 0, 0, NULL,
     RULE_POP3_CAPABILITY, 1, false},
    {"capability: two spaces", "SASL  PLAIN\r\n", POP3_CAPA, PARSE_BAD, CAPA, 0, POP3_CAPA_SASL,
     NULL, RULE_POP3_CAPABILITY, 4, true},
    {"capability: space at the end", "UIDL \r\n", POP3_CAPA, PARSE_BAD, CAPA, 0, POP3_CAPA_UIDL,
     NULL, RULE_POP3_CAPABILITY, 4, true},
    {"capability: EXPIRE without number", "EXPIRE\r\n", POP3_CAPA, PARSE_BAD, CAPA, 0,
     POP3_CAPA_EXPIRE, NULL, RULE_POP3_CAPABILITY_ARGUMENT, 6, true},
    {"capability: EXPIRE word", "EXPIRE soon\r\n", POP3_CAPA, PARSE_BAD, CAPA, 0, POP3_CAPA_EXPIRE,
     NULL, RULE_POP3_CAPABILITY_ARGUMENT, 6, true},
    {"capability: TOP with argument", "TOP 5\r\n", POP3_CAPA, PARSE_BAD, CAPA, 0, POP3_CAPA_TOP,
     NULL, RULE_POP3_CAPABILITY_ARGUMENT, 3, true},
    {"capability: mechanism in lower case", "SASL PLAIN login\r\n", POP3_CAPA, PARSE_BAD, CAPA, 0,
     POP3_CAPA_SASL, NULL, RULE_POP3_CAPABILITY_ARGUMENT, 4, true},
    {"capability: 513 octets", "IMPLEMENTATION " A500 "\r\n", POP3_CAPA, PARSE_BAD, CAPA, 0,
     POP3_CAPA_IMPLEMENTATION, NULL, RULE_POP3_CAPABILITY_LENGTH, 512, true},
    {"language listing: tag", "en-boont English Boontling dialect\r\n", POP3_LANG, PARSE_OK, LANG,
     0, 0, "en-boont", 0, 0, true},
    {"language listing: UTF-8", "es Espa\xC3\xB1ol\r\n", POP3_LANG, PARSE_OK, LANG, 0, 0, "es", 0,
     0, true},
    {"language listing: Latin-1", "es Espa\xF1ol\r\n", POP3_LANG, PARSE_BAD, LANG, 0, 0, NULL,
     RULE_POP3_LANGUAGE_LISTING, 7, false},
    {"text: stuffed", "..a\r\n", POP3_AUTH, PARSE_OK, POP3_LINE_TEXT, 0, 0, ".a", 0, 0, true},
    {"text: not stuffed", ".a\r\n", POP3_AUTH, PARSE_BAD, POP3_LINE_TEXT, 0, 0, ".a",
     RULE_POP3_DOT_STUFFING, 1, true},
};

static struct span word_of(const struct pop3_line *line)
{
    switch (line->kind) {
    case POP3_LINE_UNIQUE_ID:
        return line->unique_id;
    case POP3_LINE_CAPABILITY:
        return line->capability.parameters;
    case POP3_LINE_LANGUAGE:
        return line->language;
    case POP3_LINE_TEXT:
    case POP3_LINE_SCAN:
    case POP3_LINE_END:
        break;
    }
    return line->text;
}

static void check_value(const struct row *row, const struct pop3_line *line)
{
    bool capability = line->kind == POP3_LINE_CAPABILITY;
    assert_int_equal(line->kind, row->kind);
    assert_int_equal(capability ? line->capability.number : line->number, row->number);
    assert_int_equal(capability ? line->capability.tag : line->size, row->size);
    if (row->word != NULL) {
        assert_true(span_equal(word_of(line), span_text(row->word)));
    }
}

enum { BASE = 70 };

static void check(void **state)
{
    const struct row *row = *state;
    struct guard g;
    guard_init(&g, span_text(row->in));
    _Alignas(16) static uint8_t block[1024];
    struct arena arena;
    arena_init(&arena, block, sizeof block);
    const struct pop3_reply_context context = {.verb = row->verb};
    struct parse p;
    struct pop3_line line;
    parse_init(&p, g.span, BASE, &arena);
    assert_int_equal(pop3_parse_line(&p, &context, &line), row->rc);
    if (row->rc == PARSE_OK) {
        check_value(row, &line);
        uint8_t buffer[1024];
        struct out o;
        out_init(&o, buffer, sizeof buffer);
        pop3_emit_line(&o, &line);
        assert_true(span_equal(out_span(&o), g.span));
        line.text = (struct span){0};
        if (line.kind != POP3_LINE_TEXT) {
            out_init(&o, buffer, sizeof buffer);
            pop3_emit_line(&o, &line);
            assert_true(span_equal(out_span(&o), g.span));
        }
    } else {
        assert_int_equal(p.err.rule, row->rule);
        assert_int_equal(p.err.off, BASE + row->off);
        parse_init(&p, g.span, BASE, &arena);
        p.quirks = QUIRKS_ALL;
        assert_int_equal(pop3_parse_line(&p, &context, &line) == PARSE_OK, row->lenient);
        if (row->lenient) {
            check_value(row, &line);
            assert_int_equal(p.deviations->rule, row->rule);
            assert_int_equal(p.deviations->off, BASE + row->off);
        }
    }
    guard_fini(&g);
}

static void check_cut(void **state)
{
    const struct row *row = *state;
    struct span all = span_text(row->in);
    const struct pop3_reply_context context = {.verb = row->verb};
    for (size_t len = 0; row->rc == PARSE_OK && len < all.len; len++) {
        struct guard g;
        guard_init(&g, span_sub(all, 0, len));
        struct parse p;
        struct pop3_line line;
        parse_init(&p, g.span, 0, NULL);
        assert_int_equal(pop3_parse_line(&p, &context, &line), PARSE_BAD);
        guard_fini(&g);
    }
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = TABLE_ADD(tests, 0, rows, check);
    count = TABLE_ADD(tests, count, rows, check_cut);
    return table_run("parsers/pop3/line", tests, count);
}
