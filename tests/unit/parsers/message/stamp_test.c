/* SPDX-License-Identifier: MIT */
#include "parsers/message/stamp.h"

#include "tests/support/guard.h"
#include "tests/support/table.h"

struct row {
    const char *name;
    const char *in;
    enum parse_rc rc;
    const char *from;
    const char *by;
    const char *with;
    const char *recipient;
    uint64_t off;
};

#define DATE "; Fri, 21 Nov 1997 09:55:06 -0600"

static const struct row rows[] = {
    {"all clauses",
     "from a.example (b.example [192.0.2.1]) by c.example via TCP with ESMTP id 47 for "
     "<d@e.example>" DATE,
     PARSE_OK, "a.example", "c.example", "ESMTP", "<d@e.example>", 0},
    {"only what must be there", "FROM a.example BY c.example" DATE, PARSE_OK, "a.example",
     "c.example", "", "", 0},
    {"folding, comments, registered clauses",
     "from [192.0.2.1] (helo=a.example)\r\n\tby c.example with esmtps  (TLS1.3) tls AES\r\n"
     "\t(Some Server 4.9)\r\n\t(envelope-from <d@e.example>)\r\n\tid 1abc-00 for d@e.example;\r\n"
     "\tFri, 21 Nov 1997 09:55:06 -0600 (CST)",
     PARSE_OK, "[192.0.2.1]", "c.example", "esmtps", "d@e.example", 0},
    {"a quoted recipient", "from a.example by c.example for <\"a b;c\"@e.example>" DATE, PARSE_OK,
     "a.example", "c.example", "", "<\"a b;c\"@e.example>", 0},
    {"nothing", "", PARSE_BAD, "", "", "", "", 0},
    {"no from", "by c.example with ESMTP" DATE, PARSE_BAD, "", "", "", "", 0},
    {"no by", "from a.example with ESMTP" DATE, PARSE_BAD, "", "", "", "", 15},
    {"no host", "from (unknown) by c.example" DATE, PARSE_BAD, "", "", "", "", 18},
    {"no date", "from a.example by c.example", PARSE_BAD, "", "", "", "", 27},
    {"no semicolon", "from a.example by c.example Fri, 21 Nov 1997 09:55:06 -0600", PARSE_BAD, "",
     "", "", "", 59},
    {"a clause without a value", "from a.example by c.example with" DATE, PARSE_BAD, "", "", "", "",
     32},
    {"two recipients", "from a.example by c.example for <d@e.example>,<f@e.example>" DATE,
     PARSE_BAD, "", "", "", "", 32},
    {"two clauses for", "from a.example by c.example for <d@e.example> for <f@e.example>" DATE,
     PARSE_BAD, "", "", "", "", 46},
    {"obsolete date", "from a.example by c.example; Fri, 21 Nov 97 09:55:06 GMT", PARSE_BAD, "", "",
     "", "", 28},
    {"no date behind the semicolon", "from a.example by c.example; yesterday", PARSE_BAD, "", "",
     "", "", 29},
    {"open comment", "from a.example (b.example by c.example" DATE, PARSE_BAD, "", "", "", "", 71},
};

static void check(void **state)
{
    const struct row *row = *state;
    struct guard g;
    guard_init(&g, span_text(row->in));
    struct parse p;
    struct message_stamp stamp;
    parse_init(&p, g.span, 0, NULL);
    assert_int_equal(message_parse_stamp(&p, &stamp), row->rc);
    if (row->rc == PARSE_OK) {
        assert_true(span_equal(stamp.from.text, span_text(row->from)));
        assert_true(span_equal(stamp.by.text, span_text(row->by)));
        assert_true(span_equal(stamp.with, span_text(row->with)));
        assert_true(span_equal(stamp.recipient, span_text(row->recipient)));
    } else {
        assert_int_equal(p.err.off, row->off);
    }
    guard_fini(&g);
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    return table_run("parsers/message/stamp", tests, TABLE_ADD(tests, 0, rows, check));
}
