/* SPDX-License-Identifier: MIT */
#include "parsers/sasl/sasl.h"

#include "tests/support/guard.h"
#include "tests/support/table.h"

struct row {
    const char *name;
    const char *mechanism;
    unsigned step;
    enum sasl_side side;
    struct span in;
    enum rule rule; /* RULE_NONE: as it should be */
    uint64_t off;
};

#define IN(text)                                                                                   \
    {                                                                                              \
        (const uint8_t *)("" text), sizeof(text) - 1                                               \
    }
#define C SASL_CLIENT
#define S SASL_SERVER
#define NONCE "fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j"

static const struct row rows[] = {
    {"PLAIN: RFC 4616 section 4", "PLAIN", 0, C, IN("\0tim\0tanstaaftanstaaf"), 0, 0},
    {"PLAIN: authzid", "plain", 0, C, IN("Ursel\0Kurt\0xipj3plmq"), 0, 0},
    {"PLAIN: UTF-8", "PLAIN", 0, C, IN("\0a\0p\xC3\xA4ss"), 0, 0},
    {"PLAIN: one NUL", "PLAIN", 0, C, IN("tim\0pass"), RULE_SASL_PLAIN, 8},
    {"PLAIN: three NULs", "PLAIN", 0, C, IN("\0tim\0pa\0ss"), RULE_SASL_PLAIN, 7},
    {"PLAIN: no user", "PLAIN", 0, C, IN("\0\0pass"), RULE_SASL_PLAIN, 1},
    {"PLAIN: no password", "PLAIN", 0, C, IN("\0tim\0"), RULE_SASL_PLAIN, 5},
    {"PLAIN: Latin-1", "PLAIN", 0, C, IN("\0tim\0p\xE4ss"), RULE_SASL_PLAIN, 6},
    {"PLAIN: nothing", "PLAIN", 0, C, IN(""), RULE_SASL_PLAIN, 0},
    {"CRAM-MD5: challenge", "CRAM-MD5", 0, S, IN("<1896.697170952@postoffice.reston.mci.net>"), 0,
     0},
    {"CRAM-MD5: response", "CRAM-MD5", 0, C, IN("tim b913a602c7eda7a495b4e6e7334d3890"), 0, 0},
    {"CRAM-MD5: user with space", "CRAM-MD5", 0, C, IN("t m b913a602c7eda7a495b4e6e7334d3890"), 0,
     0},
    {"CRAM-MD5: no @", "CRAM-MD5", 0, S, IN("<1896>"), RULE_SASL_CRAM_MD5_CHALLENGE, 5},
    {"CRAM-MD5: no bracket", "CRAM-MD5", 0, S, IN("1896@a"), RULE_SASL_CRAM_MD5_CHALLENGE, 0},
    {"CRAM-MD5: more behind", "CRAM-MD5", 0, S, IN("<1@a>x"), RULE_SASL_CRAM_MD5_CHALLENGE, 5},
    {"CRAM-MD5: upper case", "CRAM-MD5", 0, C, IN("tim B913a602c7eda7a495b4e6e7334d3890"),
     RULE_SASL_CRAM_MD5_RESPONSE, 4},
    {"CRAM-MD5: short digest", "CRAM-MD5", 0, C, IN("tim b913"), RULE_SASL_CRAM_MD5_RESPONSE, 8},
    {"CRAM-MD5: no user", "CRAM-MD5", 0, C, IN("b913a602c7eda7a495b4e6e7334d3890"),
     RULE_SASL_CRAM_MD5_RESPONSE, 32},
    {"SCRAM: RFC 5802 section 5, client first", "SCRAM-SHA-1", 0, C,
     IN("n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL"), 0, 0},
    {"SCRAM: RFC 5802 section 5, server first", "SCRAM-SHA-1", 0, S,
     IN("r=" NONCE ",s=QSXCR+Q6sek8bf92,i=4096"), 0, 0},
    {"SCRAM: RFC 5802 section 5, client final", "SCRAM-SHA-1", 1, C,
     IN("c=biws,r=" NONCE ",p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="), 0, 0},
    {"SCRAM: RFC 5802 section 5, server final", "SCRAM-SHA-1", 1, S,
     IN("v=rmF9pqV8S7suAoZWja4dJRkFsKQ="), 0, 0},
    {"SCRAM: authzid and binding", "SCRAM-SHA-256-PLUS", 0, C,
     IN("p=tls-unique,a=x=2Cy,n=us=3Der,r=abc,z=1"), 0, 0},
    {"SCRAM: final with extension", "SCRAM-SHA-256", 1, C, IN("c=biws,r=abc,x=y,p=AAAA"), 0, 0},
    {"SCRAM: server error", "SCRAM-SHA-1", 1, S, IN("e=invalid-proof"), 0, 0},
    {"SCRAM: empty answer to the final message", "SCRAM-SHA-1", 2, C, IN(""), 0, 0},
    {"SCRAM: no header", "SCRAM-SHA-1", 0, C, IN("n=user,r=abc"), RULE_SASL_SCRAM_CLIENT_FIRST, 1},
    {"SCRAM: flag", "SCRAM-SHA-1", 0, C, IN("x,,n=user,r=abc"), RULE_SASL_SCRAM_CLIENT_FIRST, 0},
    {"SCRAM: bad escape", "SCRAM-SHA-1", 0, C, IN("n,,n=us=er,r=abc"), RULE_SASL_SCRAM_CLIENT_FIRST,
     7},
    {"SCRAM: mandatory extension", "SCRAM-SHA-1", 0, C, IN("n,,m=x,n=user,r=abc"),
     RULE_SASL_SCRAM_CLIENT_FIRST, 3},
    {"SCRAM: no nonce", "SCRAM-SHA-1", 0, C, IN("n,,n=user,r="), RULE_SASL_SCRAM_CLIENT_FIRST, 12},
    {"SCRAM: order", "SCRAM-SHA-1", 0, S, IN("s=QSXC,r=abc,i=4096"), RULE_SASL_SCRAM_SERVER_FIRST,
     0},
    {"SCRAM: iterations 0", "SCRAM-SHA-1", 0, S, IN("r=abc,s=QSXC,i=0"),
     RULE_SASL_SCRAM_SERVER_FIRST, 15},
    {"SCRAM: salt", "SCRAM-SHA-1", 0, S, IN("r=abc,s=QS!C,i=1"), RULE_SASL_SCRAM_SERVER_FIRST, 10},
    {"SCRAM: no proof", "SCRAM-SHA-1", 1, C, IN("c=biws,r=abc"), RULE_SASL_SCRAM_CLIENT_FINAL, 12},
    {"SCRAM: no verifier", "SCRAM-SHA-1", 1, S, IN("x=AAAA"), RULE_SASL_SCRAM_SERVER_FINAL, 0},
    {"OAUTHBEARER: RFC 7628 section 4.1", "OAUTHBEARER", 0, C,
     IN("n,a=user@example.com,\1host=server.example.com\1port=143\1auth=Bearer "
        "vF9dft4qmTc2Nvb3==\1\1"),
     0, 0},
    {"OAUTHBEARER: answer to an error", "OAUTHBEARER", 1, C, IN("\1"), 0, 0},
    {"OAUTHBEARER: no auth", "OAUTHBEARER", 0, C, IN("n,,\1host=a\1\1"), RULE_SASL_OAUTHBEARER, 11},
    {"OAUTHBEARER: one Control-A at the end", "OAUTHBEARER", 0, C, IN("n,,\1auth=Bearer x\1"),
     RULE_SASL_OAUTHBEARER, 18},
    {"OAUTHBEARER: the form of XOAUTH2", "OAUTHBEARER", 0, C, IN("user=a\1auth=Bearer x\1\1"),
     RULE_SASL_OAUTHBEARER, 0},
    {"EXTERNAL: empty", "EXTERNAL", 0, C, IN(""), 0, 0},
    {"EXTERNAL: NUL", "EXTERNAL", 0, C, IN("a\0b"), RULE_SASL_EXTERNAL, 1},
    {"LOGIN: any prompt", "LOGIN", 0, S, IN("VXNlcm5hbWU6"), 0, 0},
    {"unknown: opaque", "GSSAPI", 0, C, IN("\x60\x82\0\0"), 0, 0},
};

static void check(void **state)
{
    const struct row *row = *state;
    struct guard g;
    guard_init(&g, row->in);
    struct parse p;
    parse_init(&p, g.span, 0, NULL);
    enum parse_rc rc =
        sasl_judge(&p, sasl_mechanism_of(span_text(row->mechanism)), row->step, row->side);
    assert_int_equal(rc, row->rule == RULE_NONE ? PARSE_OK : PARSE_BAD);
    assert_int_equal(p.err.rule, row->rule);
    assert_int_equal(p.err.off, row->off);
    guard_fini(&g);
}

static void mechanisms_are_told_apart(void **state)
{
    (void)state;
    assert_int_equal(sasl_mechanism_of(SPAN_LIT("cram-md5")), SASL_CRAM_MD5);
    assert_int_equal(sasl_mechanism_of(SPAN_LIT("SCRAM-SHA-512-PLUS")), SASL_SCRAM);
    assert_int_equal(sasl_mechanism_of(SPAN_LIT("DIGEST-MD5")), SASL_UNKNOWN);
    assert_true(sasl_client_first(SASL_PLAIN));
    assert_false(sasl_client_first(SASL_CRAM_MD5));
    assert_false(sasl_client_first(SASL_UNKNOWN));
    assert_true(sasl_is_plaintext(SASL_LOGIN));
    assert_false(sasl_is_plaintext(SASL_SCRAM));
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = TABLE_ADD(tests, 0, rows, check);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(mechanisms_are_told_apart);
    return table_run("parsers/sasl", tests, count);
}
