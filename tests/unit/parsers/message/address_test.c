/* SPDX-License-Identifier: MIT */
#include "parsers/message/address.h"
#include "parsers/message/header.h"

#include "tests/support/guard.h"
#include "tests/support/table.h"

struct row {
    const char *name;
    const char *in;
    const char *want; /* "name|local|domain; group[ … ]"; NULL: refused */
    uint64_t off;
};

static const struct row rows[] = {
    {"mailbox: addr-spec", "jdoe@machine.example", "|jdoe|machine.example", 0},
    {"mailbox: name-addr", "John Doe <jdoe@machine.example>", "John Doe|jdoe|machine.example", 0},
    {"mailbox: quoted name", "\"Joe Q. Public\" <john.q.public@example.com>",
     "Joe Q. Public|john.q.public|example.com", 0},
    {"mailbox: escapes", "\"Giant; \\\"Big\\\" Box\" <sysservices@example.net>",
     "Giant; \"Big\" Box|sysservices|example.net", 0},
    {"mailbox: dots in the name (obs-phrase)", "Joe Q. Public <j@example.com>",
     "Joe Q. Public|j|example.com", 0},
    {"mailbox: comment as name", "jdoe@example.com (John Doe)", "John Doe|jdoe|example.com", 0},
    {"mailbox: quoted local-part", "\"a b\"@example.com", "|a b|example.com", 0},
    {"mailbox: domain-literal", "a@[192.0.2.1]", "|a|[192.0.2.1]", 0},
    {"mailbox: no name before <", "<boss@nil.test>", "|boss|nil.test", 0},
    {"mailbox: folding and comments",
     "Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", "Pete|pete|silly.test", 0},
    {"mailbox: spaces round dots (section 4.4)", "john . doe@ a . b", "|john.doe|a.b", 0},
    {"mailbox: route", "<@a.test,@b.test:joe@c.test>", "|joe|c.test", 0},
    {"mailbox: route with empty members", "<,@a.test,,:joe@c.test>", "|joe|c.test", 0},
    {"mailbox: UTF-8", "J\xC3\xB6 <j\xC3\xB6@x.test>", "J\xC3\xB6|j\xC3\xB6|x.test", 0},
    {"list: two", "a@b, c@d", "|a|b; |c|d", 0},
    {"list: empty members (section 4.4)", ",a@b,,c@d,", "|a|b; |c|d", 0},
    {"list: folded", "a@b,\r\n c@d", "|a|b; |c|d", 0},
    {"group: three", "A Group:Ed Jones <joe@where.test>,john@one.test;",
     "A Group[; Ed Jones|joe|where.test; |john|one.test; ]", 0},
    {"group: empty", "Undisclosed recipients:;", "Undisclosed recipients[; ]", 0},
    {"group: and a mailbox", "a:b@c;, d@e", "a[; |b|c; ]; |d|e", 0},
    {"list: nothing", "", NULL, 0},
    {"list: no comma", "a@b c@d", NULL, 4},
    {"mailbox: no domain", "jdoe", NULL, 4},
    {"mailbox: two at signs", "a@b@c", NULL, 3},
    {"mailbox: dot at the end", "a.@b", NULL, 2},
    {"mailbox: two dots", "a..b@c", NULL, 2},
    {"mailbox: dot at the begin", ".a@b", NULL, 0},
    {"mailbox: words before @", "a b@c", NULL, 2},
    {"mailbox: unclosed <", "A <a@b", NULL, 6},
    {"mailbox: nothing in <>", "A <>", NULL, 3},
    {"mailbox: unclosed quote", "\"A <a@b>", NULL, 8},
    {"mailbox: unclosed comment", "a@b (x", NULL, 6},
    {"mailbox: unclosed literal", "a@[1", NULL, 4},
    {"mailbox: route without comma", "<@a.test@b.test:joe@c.test>", NULL, 8},
    {"mailbox: route without domain", "<,:joe@c.test>", NULL, 2},
    {"group: unclosed", "g: a@b", NULL, 6},
    {"group: nested", "g: h: a@b;;", NULL, 4},
};

static void describe(const struct address *a, struct out *o)
{
    for (const char *space = ""; a != NULL; a = a->next, space = "; ") {
        out_text(o, space);
        if (a->kind == ADDRESS_GROUP_END) {
            out_text(o, "]");
            continue;
        }
        message_plain_text(o, a->name);
        if (a->kind == ADDRESS_GROUP) {
            out_text(o, "[");
            continue;
        }
        out_text(o, "|");
        address_text(o, a->local);
        out_text(o, "|");
        address_text(o, a->domain);
    }
}

static void check(void **state)
{
    const struct row *row = *state;
    struct guard g;
    guard_init(&g, span_text(row->in));
    _Alignas(16) static uint8_t block[4096];
    struct arena arena;
    arena_init(&arena, block, sizeof block);
    struct parse p;
    struct address *list = NULL;
    parse_init(&p, g.span, 0, &arena);
    assert_int_equal(message_parse_address_list(&p, &list),
                     row->want == NULL ? PARSE_BAD : PARSE_OK);
    if (row->want == NULL) {
        assert_int_equal(p.err.off, row->off);
    } else {
        char text[512];
        struct out o;
        out_init(&o, text, sizeof text - 1);
        describe(list, &o);
        text[o.len] = '\0';
        assert_string_equal(text, row->want);
        parse_init(&p, g.span, 0, NULL);
        assert_int_equal(message_parse_address_list(&p, &list), PARSE_BAD);
        assert_int_equal(p.err.rule, RULE_LIMIT_ARENA);
    }
    guard_fini(&g);
}

static void msg_ids(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        const char *want;
        uint64_t off;
    } cases[] = {
        {"<1234@local.machine.example>", "<1234@local.machine.example>", 0},
        {" (c) <a.b@[x:y]> ", "<a.b@[x:y]>", 0},
        {"1234@x", NULL, 0},
        {"<1234>", NULL, 5},
        {"<a@b", NULL, 4},
        {"<a b@c>", NULL, 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct parse p;
        struct span out;
        parse_init(&p, span_text(cases[i].in), 0, NULL);
        assert_int_equal(message_parse_msg_id(&p, &out),
                         cases[i].want == NULL ? PARSE_BAD : PARSE_OK);
        if (cases[i].want == NULL) {
            assert_int_equal(p.err.off, cases[i].off);
        } else {
            assert_true(span_equal(out, span_text(cases[i].want)));
        }
    }
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = TABLE_ADD(tests, 0, rows, check);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(msg_ids);
    return table_run("parsers/message/address", tests, count);
}
