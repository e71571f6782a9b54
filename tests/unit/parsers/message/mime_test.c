/* SPDX-License-Identifier: MIT */
#include "parsers/message/encoded_word.h"
#include "parsers/message/mime.h"

#include "tests/support/guard.h"
#include "tests/support/table.h"

struct row {
    const char *name;
    const char *in;
    const char *want; /* "type/subtype lines:body octets(children)" */
};

#define MIXED "Content-Type: multipart/mixed; boundary=b\r\n\r\n"

static const struct row rows[] = {
    {"no header", "\r\nhello\r\n", "text/plain 1:7"},
    {"nothing", "", "text/plain 0:0"},
    {"header only", "A: b\r\n", "text/plain 0:0"},
    {"type and parameters", "Content-Type: TEXT/html; charset=\"x\"; a=b\r\n\r\nx",
     "TEXT/html 0:1"},
    {"type that cannot be read", "Content-Type: text\r\n\r\nx\r\n", "text/plain 1:3"},
    {"second Content-Type does not count",
     "Content-Type: image/png\r\nContent-Type: text/html\r\n\r\n", "image/png 0:0"},
    {"multipart",
     MIXED
     "preamble\r\n--b\r\n\r\none\r\n--b\r\nContent-Type: a/b\r\n\r\ntwo\r\n\r\n--b--\r\nepilogue",
     "multipart/mixed 10:70(text/plain 0:3, a/b 1:5)"},
    {"multipart: quoted boundary with space",
     "Content-Type: multipart/mixed; boundary=\"a b\"\r\n\r\n--a b\r\n\r\nx\r\n--a b--\r\n",
     "multipart/mixed 4:21(text/plain 0:1)"},
    {"multipart: padding behind the boundary", MIXED "--b \t\r\n\r\nx\r\n--b-- \r\n",
     "multipart/mixed 4:20(text/plain 0:1)"},
    {"multipart: longer boundary is another one", MIXED "--b\r\n\r\nx\r\n--bb\r\ny\r\n--b--\r\n",
     "multipart/mixed 6:26(text/plain 2:10)"},
    {"multipart: no end", MIXED "--b\r\n\r\nx\r\n", "multipart/mixed 3:10(text/plain 1:3) open"},
    {"multipart: no parts", MIXED "nothing\r\n", "multipart/mixed 1:9 open"},
    {"multipart: no boundary", "Content-Type: multipart/mixed\r\n\r\n--\r\n\r\nx",
     "multipart/mixed 2:7 open"},
    {"multipart: empty part", MIXED "--b\r\n--b--\r\n", "multipart/mixed 2:12(text/plain 0:0)"},
    {"multipart: part without header", MIXED "--b\r\n\r\n--b--\r\n",
     "multipart/mixed 3:14(text/plain 0:0)"},
    {"multipart: LF line ends", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n",
     "multipart/mixed 4:13(text/plain 0:1)"},
    {"nested multiparts: the outer boundary ends both",
     MIXED "--b\r\nContent-Type: multipart/x; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--b--\r\n",
     "multipart/mixed 7:63(multipart/x 2:8(text/plain 0:1) open)"},
    {"message/rfc822",
     "Content-Type: message/rfc822\r\n\r\nSubject: x\r\nContent-Type: a/b\r\n\r\nhi\r\n",
     "message/rfc822 4:37(a/b 1:4)"},
    {"message/rfc822 in base64 is not looked into",
     "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nQTog\r\n",
     "message/rfc822 1:6"},
    {"digest: default type",
     "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nA: b\r\n\r\nx\r\n--b--\r\n",
     "multipart/digest 6:25(message/rfc822 2:9(text/plain 0:1))"},
};

static void describe(const struct mime_part *part, struct out *o)
{
    for (const char *comma = ""; part != NULL; part = part->next, comma = ", ") {
        out_text(o, comma);
        out_bytes(o, part->type.type);
        out_text(o, "/");
        out_bytes(o, part->type.subtype);
        out_text(o, " ");
        out_number(o, part->lines);
        out_text(o, ":");
        out_number(o, part->body.len);
        if (part->children != NULL) {
            out_text(o, "(");
            describe(part->children, o);
            out_text(o, ")");
        }
        out_text(o, mime_part_is(part, "multipart", NULL) && !part->closed ? " open" : "");
    }
}

static void check(void **state)
{
    const struct row *row = *state;
    struct guard g;
    guard_init(&g, span_text(row->in));
    _Alignas(16) static uint8_t block[16384];
    struct arena arena;
    arena_init(&arena, block, sizeof block);
    struct parse p;
    struct mime_part *part = NULL;
    parse_init(&p, g.span, 0, &arena);
    assert_int_equal(mime_parse_structure(&p, &part), PARSE_OK);
    char text[512];
    struct out o;
    out_init(&o, text, sizeof text - 1);
    describe(part, &o);
    text[o.len] = '\0';
    assert_string_equal(text, row->want);
    for (size_t cap = 0; cap < arena.used; cap += 8) {
        struct arena small;
        arena_init(&small, block, cap);
        parse_init(&p, g.span, 0, &small);
        assert_int_equal(mime_parse_structure(&p, &part), PARSE_BAD);
        assert_int_equal(p.err.rule, RULE_LIMIT_ARENA);
    }
    guard_fini(&g);
}

static void fields_of_a_part(void **state)
{
    (void)state;
    _Alignas(16) static uint8_t block[4096];
    struct arena arena;
    arena_init(&arena, block, sizeof block);
    struct parse p;
    struct mime_part *part = NULL;
    parse_init(
        &p,
        SPAN_LIT(
            "Content-Type: application/x-stuff;\r\n title*0*=us-ascii'en'This%20is;\r\n"
            " title*1=\"it\"\r\nContent-ID: <a@b>\r\nContent-Description: some\r\n text\r\n"
            "Content-Transfer-Encoding: BASE64 (x)\r\n"
            "Content-Disposition: attachment; filename=\"a \\\"b\\\"\"\r\n"
            "Content-Language: en, de\r\nContent-Location: x\r\nContent-MD5: Q2hlY2s=\r\n\r\n"),
        0, &arena);
    assert_int_equal(mime_parse_structure(&p, &part), PARSE_OK);
    assert_true(part->type_given);
    assert_true(span_is(part->type.params->name, "title*0*"));
    assert_true(span_is(part->type.params->value, "us-ascii'en'This%20is"));
    assert_true(span_is(part->type.params->next->value, "\"it\""));
    assert_true(span_is(part->id, "<a@b>"));
    assert_true(span_is(part->description, "some\r\n text"));
    assert_true(span_is(part->encoding, "base64"));
    assert_true(span_is(part->disposition.type, "attachment"));
    assert_true(span_is(part->language, "en, de"));
    assert_true(span_is(part->location, "x"));
    assert_true(span_is(part->md5, "Q2hlY2s="));
    char text[32];
    struct out o;
    out_init(&o, text, sizeof text);
    message_plain_text(&o, mime_param_find(part->disposition.params, "FILENAME")->value);
    assert_true(span_is(out_span(&o), "a \"b\""));
    out_init(&o, text, sizeof text);
    message_unfold(&o, part->description);
    assert_true(span_is(out_span(&o), "some text"));
}

static void nesting_ends_at_the_limit(void **state)
{
    (void)state;
    _Alignas(16) static uint8_t block[65536];
    static char text[8192];
    struct arena arena;
    for (uint32_t depth = PARSE_MAX_DEPTH - 1; depth <= PARSE_MAX_DEPTH; depth++) {
        struct out o;
        out_init(&o, text, sizeof text);
        for (uint32_t i = 0; i < depth; i++) {
            out_text(&o, "Content-Type: message/rfc822\r\n\r\n");
        }
        arena_init(&arena, block, sizeof block);
        struct parse p;
        struct mime_part *part = NULL;
        parse_init(&p, out_span(&o), 0, &arena);
        enum parse_rc want = depth < PARSE_MAX_DEPTH ? PARSE_OK : PARSE_BAD;
        assert_int_equal(mime_parse_structure(&p, &part), want);
        assert_int_equal(p.err.rule, want == PARSE_OK ? RULE_NONE : RULE_LIMIT_DEPTH);
    }
}

static void strict_content_fields(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        uint64_t off; /* UINT64_MAX: right */
    } cases[] = {
        {"text/plain", UINT64_MAX},
        {"text / plain ; charset = utf-8 (c)", UINT64_MAX},
        {"text", 4},
        {"text/", 5},
        {"text/plain;", 10},
        {"text/plain; charset", 19},
        {"text/plain; a=", 14},
        {"text/plain; a*1*=;b*=", UINT64_MAX},
        {"text/plain; a*1=", 16},
        {"text/plain; a=b c", 16},
        {"text/plain; a=\"b", 16},
        {"/plain", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        _Alignas(16) uint8_t block[512];
        struct arena arena;
        arena_init(&arena, block, sizeof block);
        struct parse p;
        struct mime_value value;
        parse_init(&p, span_text(cases[i].in), 0, &arena);
        bool right = cases[i].off == UINT64_MAX;
        assert_int_equal(message_parse_content_type(&p, &value), right ? PARSE_OK : PARSE_BAD);
        if (!right) {
            assert_int_equal(p.err.off, cases[i].off);
        }
    }
}

static void header_fields(void **state)
{
    (void)state;
    struct span message =
        SPAN_LIT("Subject: a\r\n b\r\nnot a field\r\nTo : x@y\r\nEmpty:\r\n\r\nbody\r\nTo: z\r\n");
    struct span rest = message;
    struct message_field field;
    assert_true(message_header_next(&rest, &field));
    assert_true(span_is(field.name, "subject") && span_is(field.value, "a\r\n b"));
    assert_true(message_header_next(&rest, &field));
    assert_true(field.name.len == 0 && span_is(field.value, "not a field"));
    assert_true(message_header_next(&rest, &field));
    assert_true(span_is(field.name, "to") && span_is(field.value, "x@y"));
    assert_true(message_header_next(&rest, &field));
    assert_true(span_is(field.name, "empty") && field.value.len == 0);
    assert_false(message_header_next(&rest, &field));
    assert_true(message_field_find(message, "TO", &field) && span_is(field.value, "x@y"));
    assert_false(message_field_find(message, "Cc", &field));
    assert_true(span_is(message_body(message), "body\r\nTo: z\r\n"));
    assert_int_equal(message_lines(message), 8);
}

static void encoded_words(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        const char *charset;
        const char *decoded; /* NULL: none found, or not decodable */
    } cases[] = {
        {"=?ISO-8859-1?Q?a_b=20c?=", "ISO-8859-1", "a b c"},
        {"x =?US-ASCII*EN?q?Keith_Moore?= y", "US-ASCII", "Keith Moore"},
        {"=?utf-8?B?SGk=?=", "utf-8", "Hi"},
        {"=?utf-8?B?SGk?=", "utf-8", NULL},
        {"=?utf-8?Q?a=4?=", "utf-8", NULL},
        {"=?utf-8?X?aa?=", NULL, NULL},
        {"=?utf-8?Q?a b?=", NULL, NULL},
        {"=?utf-8?Q?aaa", NULL, NULL},
        {"=?u?Q?aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa?=", NULL,
         NULL},
        {"=?", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct guard g;
        guard_init(&g, span_text(cases[i].in));
        struct encoded_word word;
        assert_int_equal(encoded_word_find(g.span, &word), cases[i].charset != NULL);
        if (cases[i].charset != NULL) {
            char text[64];
            struct out o;
            out_init(&o, text, sizeof text);
            assert_true(span_is(word.charset, cases[i].charset));
            assert_int_equal(encoded_word_decode(&o, &word), cases[i].decoded != NULL);
            if (cases[i].decoded != NULL) {
                assert_true(span_is(out_span(&o), cases[i].decoded));
            }
        }
        guard_fini(&g);
    }
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = TABLE_ADD(tests, 0, rows, check);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(fields_of_a_part);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(nesting_ends_at_the_limit);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(strict_content_fields);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(header_fields);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(encoded_words);
    return table_run("parsers/message/mime", tests, count);
}
