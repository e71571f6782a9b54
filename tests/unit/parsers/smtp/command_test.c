/* SPDX-License-Identifier: MIT */
#include "parsers/smtp/command.h"

#include "tests/support/guard.h"
#include "tests/support/table.h"

enum { BASE = 1000, OTHER_RULE = -2 };

/* A strict parse gives this rule at this octet (RULE_NONE: accepted); a lenient one is accepted
   with this many deviations, -1: is not, OTHER_RULE: with one of a wider rule. */
struct row {
    const char *name;
    const char *in; /* without CRLF, unless it ends in LF */
    enum rule rule;
    size_t bad;
    int deviations;
};

static const struct row rows[] = {
    {"ehlo: domain", "EHLO mail.example.test", RULE_NONE, 0, 0},
    {"ehlo: one label", "EHLO localhost", RULE_NONE, 0, 0},
    {"ehlo: lower case", "ehlo x-1.example", RULE_NONE, 0, 0},
    {"ehlo: ipv4", "EHLO [192.0.2.1]", RULE_NONE, 0, 0},
    {"ehlo: ipv4 without brackets is a domain", "EHLO 192.0.2.1", RULE_NONE, 0, 0},
    {"ehlo: ipv6 full", "EHLO [IPv6:2001:db8:1:2:3:4:5:6]", RULE_NONE, 0, 0},
    {"ehlo: ipv6 tag in capitals", "EHLO [IPV6:::1]", RULE_NONE, 0, 0},
    {"ehlo: ipv6 compressed", "EHLO [IPv6:2001:db8::1:2]", RULE_NONE, 0, 0},
    {"ehlo: ipv6 any", "EHLO [IPv6:::]", RULE_NONE, 0, 0},
    {"ehlo: ipv6 tail compressed", "EHLO [IPv6:fe80::]", RULE_NONE, 0, 0},
    {"ehlo: ipv6 six groups and gap", "EHLO [IPv6:1:2:3:4:5:6::]", RULE_NONE, 0, 0},
    {"ehlo: ipv6 seven groups and gap", "EHLO [IPv6:1:2:3:4:5:6:7::]", RULE_SMTP_LITERAL, 24, 1},
    {"ehlo: ipv6v4 full", "EHLO [IPv6:1:2:3:4:5:6:192.0.2.1]", RULE_NONE, 0, 0},
    {"ehlo: ipv6v4 compressed", "EHLO [IPv6:::ffff:192.0.2.1]", RULE_NONE, 0, 0},
    {"ehlo: ipv6v4 four groups", "EHLO [IPv6:1:2::3:4:192.0.2.1]", RULE_NONE, 0, 0},
    {"ehlo: ipv6v4 five groups", "EHLO [IPv6:1:2::3:4:5:192.0.2.1]", RULE_SMTP_LITERAL, 22, 1},
    {"ehlo: ipv6 two gaps", "EHLO [IPv6:1::2::3]", RULE_SMTP_LITERAL, 16, 1},
    {"ehlo: ipv6 too few groups", "EHLO [IPv6:1:2:3]", RULE_SMTP_LITERAL, 16, 1},
    {"ehlo: ipv6 five digits", "EHLO [IPv6:12345::]", RULE_SMTP_LITERAL, 15, 1},
    {"ehlo: ipv6 without tag", "EHLO [::1]", RULE_SMTP_LITERAL, 6, 1},
    {"ehlo: ipv4 above 255", "EHLO [192.0.2.256]", RULE_SMTP_LITERAL, 16, 1},
    {"ehlo: ipv4 of three", "EHLO [192.0.2]", RULE_SMTP_LITERAL, 13, 1},
    {"ehlo: general literal", "EHLO [x-tag:abc!]", RULE_NONE, 0, 0},
    {"ehlo: general literal without content", "EHLO [tag:]", RULE_SMTP_LITERAL, 10, 1},
    {"ehlo: literal not closed", "EHLO [192.0.2.1", RULE_SMTP_LITERAL, 15, OTHER_RULE},
    {"ehlo: underscore", "EHLO my_host.example", RULE_SMTP_DOMAIN, 7, 1},
    {"ehlo: empty label", "EHLO a..b", RULE_SMTP_DOMAIN, 7, 1},
    {"ehlo: trailing dot", "EHLO a.b.", RULE_SMTP_DOMAIN, 9, 1},
    {"ehlo: label ends in hyphen", "EHLO a-.b", RULE_SMTP_DOMAIN, 7, 1},
    {"ehlo: label begins with hyphen", "EHLO a.-b", RULE_SMTP_DOMAIN, 7, 1},
    {"ehlo: two words", "EHLO a b", RULE_SMTP_HELLO_HOST, 6, 1},
    {"ehlo: punctuation", "EHLO (x)", RULE_SMTP_HELLO_HOST, 5, 1},
    {"ehlo: no name", "EHLO", RULE_SMTP_EHLO, 4, -1},
    {"ehlo: only a space", "EHLO ", RULE_SMTP_EHLO, 4, -1},
    {"ehlo: trailing space", "EHLO a ", RULE_SMTP_TRAILING_SPACE, 6, 1},
    {"ehlo: two spaces", "EHLO  a", RULE_SMTP_EXTRA_SPACE, 5, 1},
    {"ehlo: tab", "EHLO\ta", RULE_SMTP_EXTRA_SPACE, 4, 1},
    {"ehlo: u-label",
     "EHLO b\xC3\xBC"
     "cher.example",
     RULE_NONE, 0, 0},
    {"ehlo: latin-1",
     "EHLO b\xFC"
     "cher.example",
     RULE_SMTP_UTF8, 6, OTHER_RULE},
    {"helo: domain", "HELO mail.example.test", RULE_NONE, 0, 0},
    {"helo: literal", "HELO [192.0.2.1]", RULE_SMTP_HELO_LITERAL, 5, 1},
    {"lhlo: domain", "LHLO mail.example.test", RULE_NONE, 0, 0},
    {"lhlo: no name", "LHLO", RULE_SMTP_LHLO, 4, -1},

    {"mail: mailbox", "MAIL FROM:<alice@example.test>", RULE_NONE, 0, 0},
    {"mail: lower case", "mail from:<a@b>", RULE_NONE, 0, 0},
    {"mail: null path", "MAIL FROM:<>", RULE_NONE, 0, 0},
    {"mail: source route", "MAIL FROM:<@a.example,@b.example:c@d.example>", RULE_NONE, 0, 0},
    {"mail: quoted", "MAIL FROM:<\"a b\\\"@\\\\\"@example.test>", RULE_NONE, 0, 0},
    {"mail: quoted, empty", "MAIL FROM:<\"\"@example.test>", RULE_NONE, 0, 0},
    {"mail: all atext", "MAIL FROM:<!#$%&'*+-/=?^_`{|}~@e>", RULE_NONE, 0, 0},
    {"mail: literal", "MAIL FROM:<a@[192.0.2.1]>", RULE_NONE, 0, 0},
    {"mail: utf-8", "MAIL FROM:<\xC3\xA9@b\xC3\xBC.example> SMTPUTF8", RULE_NONE, 0, 0},
    {"mail: utf-8 in quotes", "MAIL FROM:<\"\xC3\xA9\"@b>", RULE_NONE, 0, 0},
    {"mail: latin-1", "MAIL FROM:<\xE9@b>", RULE_SMTP_UTF8, 11, -1},
    {"mail: space behind colon", "MAIL FROM: <a@b>", RULE_SMTP_COLON_SPACE, 10, 1},
    {"mail: space before colon", "MAIL FROM :<a@b>", RULE_SMTP_COLON_SPACE, 9, 1},
    {"mail: no colon", "MAIL FROM<a@b>", RULE_SMTP_MAIL, 9, -1},
    {"mail: no FROM", "MAIL <a@b>", RULE_SMTP_MAIL, 5, -1},
    {"mail: TO", "MAIL TO:<a@b>", RULE_SMTP_MAIL, 5, -1},
    {"mail: nothing", "MAIL", RULE_SMTP_MAIL, 4, -1},
    {"mail: no path", "MAIL FROM:", RULE_SMTP_PATH_BRACKETS, 10, -1},
    {"mail: no brackets", "MAIL FROM:a@b", RULE_SMTP_PATH_BRACKETS, 10, 1},
    {"mail: no brackets, parameter", "MAIL FROM:a@b SIZE=1", RULE_SMTP_PATH_BRACKETS, 10, 1},
    {"mail: not closed", "MAIL FROM:<a@b", RULE_SMTP_PATH, 14, -1},
    {"mail: display name", "MAIL FROM:<A B <a@b>>", RULE_SMTP_MAILBOX, 12, -1},
    {"mail: no domain", "MAIL FROM:<root>", RULE_SMTP_MAILBOX, 15, 1},
    {"mail: empty domain", "MAIL FROM:<a@>", RULE_SMTP_DOMAIN, 13, -1},
    {"mail: two ats", "MAIL FROM:<a@b@c>", RULE_SMTP_PATH, 14, -1},
    {"mail: dot first", "MAIL FROM:<.a@b>", RULE_SMTP_LOCAL_PART, 11, 1},
    {"mail: two dots", "MAIL FROM:<a..b@c>", RULE_SMTP_LOCAL_PART, 13, 1},
    {"mail: dot last", "MAIL FROM:<a.@c>", RULE_SMTP_LOCAL_PART, 13, 1},
    {"mail: quote not closed", "MAIL FROM:<\"a@b>", RULE_SMTP_QUOTED_STRING, 16, -1},
    {"mail: control in quotes", "MAIL FROM:<\"a\x01\"@b>", RULE_SMTP_QUOTED_STRING, 13, -1},
    {"mail: route without colon", "MAIL FROM:<@a.example>", RULE_SMTP_PATH, 21, -1},
    {"mail: text behind the path", "MAIL FROM:<a@b>x", RULE_SMTP_MAIL, 15, -1},
    {"mail: size", "MAIL FROM:<a@b> SIZE=12345678901234567890", RULE_NONE, 0, 0},
    {"mail: size of 21 digits", "MAIL FROM:<a@b> SIZE=123456789012345678901", RULE_SMTP_SIZE_VALUE,
     41, 1},
    {"mail: size without value", "MAIL FROM:<a@b> SIZE", RULE_SMTP_SIZE_VALUE, 20, 1},
    {"mail: size with an empty value", "MAIL FROM:<a@b> SIZE=", RULE_SMTP_PARAM_SYNTAX, 21, 1},
    {"mail: size not a number", "MAIL FROM:<a@b> SIZE=1k", RULE_SMTP_SIZE_VALUE, 22, 1},
    {"mail: body", "MAIL FROM:<a@b> BODY=8bitmime", RULE_NONE, 0, 0},
    {"mail: body binary", "MAIL FROM:<a@b> BODY=BINARYMIME", RULE_NONE, 0, 0},
    {"mail: body unknown", "MAIL FROM:<a@b> BODY=9BIT", RULE_SMTP_BODY_VALUE, 21, 1},
    {"mail: ret", "MAIL FROM:<a@b> RET=HDRS ENVID=QQ+2B314159", RULE_NONE, 0, 0},
    {"mail: ret unknown", "MAIL FROM:<a@b> RET=ALL", RULE_SMTP_RET_VALUE, 20, 1},
    {"mail: envid lower-case hex", "MAIL FROM:<a@b> ENVID=a+2b", RULE_SMTP_XTEXT, 25, 1},
    {"mail: envid cut hex", "MAIL FROM:<a@b> ENVID=a+2", RULE_SMTP_XTEXT, 25, 1},
    {"mail: auth", "MAIL FROM:<a@b> AUTH=<>", RULE_NONE, 0, 0},
    {"mail: auth xtext", "MAIL FROM:<a@b> AUTH=e+3Dmc2@example.com", RULE_NONE, 0, 0},
    {"mail: auth bad hex", "MAIL FROM:<a@b> AUTH=e+G0", RULE_SMTP_AUTH_PARAM, 23, 1},
    {"mail: smtputf8 with value", "MAIL FROM:<a@b> SMTPUTF8=1", RULE_SMTP_SMTPUTF8_VALUE, 25, 1},
    {"mail: priority", "MAIL FROM:<a@b> MT-PRIORITY=-9", RULE_NONE, 0, 0},
    {"mail: priority 0", "MAIL FROM:<a@b> MT-PRIORITY=0", RULE_NONE, 0, 0},
    {"mail: priority -0", "MAIL FROM:<a@b> MT-PRIORITY=-0", RULE_SMTP_PRIORITY_VALUE, 29, 1},
    {"mail: priority 10", "MAIL FROM:<a@b> MT-PRIORITY=10", RULE_SMTP_PRIORITY_VALUE, 29, 1},
    {"mail: requiretls", "MAIL FROM:<a@b> REQUIRETLS", RULE_NONE, 0, 0},
    {"mail: requiretls with value", "MAIL FROM:<a@b> REQUIRETLS=y", RULE_SMTP_REQUIRETLS_VALUE, 27,
     1},
    {"mail: unknown parameters", "MAIL FROM:<a@b> HOLDFOR=60 X-Y Z=%", RULE_NONE, 0, 0},
    {"mail: two equals signs", "MAIL FROM:<a@b> X=a=b", RULE_SMTP_PARAM_SYNTAX, 19, 1},
    {"mail: parameter begins with hyphen", "MAIL FROM:<a@b> -X", RULE_SMTP_PARAM_SYNTAX, 16, 1},
    {"mail: two spaces", "MAIL FROM:<a@b>  SIZE=1", RULE_SMTP_EXTRA_SPACE, 16, 1},
    {"mail: trailing space", "MAIL FROM:<a@b> ", RULE_SMTP_TRAILING_SPACE, 15, 1},

    {"rcpt: mailbox", "RCPT TO:<bob@example.test>", RULE_NONE, 0, 0},
    {"rcpt: postmaster", "RCPT TO:<pOstmaster>", RULE_NONE, 0, 0},
    {"rcpt: postmaster with domain", "RCPT TO:<Postmaster@example.test>", RULE_NONE, 0, 0},
    {"rcpt: null path", "RCPT TO:<>", RULE_SMTP_MAILBOX, 9, -1},
    {"rcpt: notify", "RCPT TO:<a@b> NOTIFY=SUCCESS,failure,DELAY", RULE_NONE, 0, 0},
    {"rcpt: notify never", "RCPT TO:<a@b> NOTIFY=NEVER", RULE_NONE, 0, 0},
    {"rcpt: notify never and more", "RCPT TO:<a@b> NOTIFY=NEVER,DELAY", RULE_SMTP_NOTIFY_VALUE, 21,
     1},
    {"rcpt: notify more and never", "RCPT TO:<a@b> NOTIFY=DELAY,NEVER", RULE_SMTP_NOTIFY_VALUE, 27,
     1},
    {"rcpt: notify empty element", "RCPT TO:<a@b> NOTIFY=DELAY,", RULE_SMTP_NOTIFY_VALUE, 27, 1},
    {"rcpt: orcpt", "RCPT TO:<a@b> ORCPT=rfc822;Bob+40b", RULE_NONE, 0, 0},
    {"rcpt: orcpt utf-8", "RCPT TO:<a@b> ORCPT=utf-8;a@\xC3\xA9", RULE_NONE, 0, 0},
    {"rcpt: orcpt without type", "RCPT TO:<a@b> ORCPT=a@b", RULE_SMTP_ORCPT_VALUE, 21, 1},
    {"rcpt: orcpt plus", "RCPT TO:<a@b> ORCPT=rfc822;a+b@c", RULE_SMTP_ORCPT_VALUE, 29, 1},
    {"rcpt: space behind colon", "RCPT TO: <a@b>", RULE_SMTP_COLON_SPACE, 8, 1},

    {"data", "DATA", RULE_NONE, 0, 0},
    {"data: argument", "DATA now", RULE_SMTP_ARGUMENT, 4, 1},
    {"data: trailing space", "DATA ", RULE_SMTP_TRAILING_SPACE, 4, 1},
    {"data: bare LF", "DATA\n", RULE_SMTP_BARE_LF, 4, 1},
    {"data: CR CR LF", "DATA\r\r\n", RULE_SMTP_BARE_CR, 4, 1},
    {"data: digits", "DATA1", RULE_NONE, 0, 0},
    {"rset", "RSET", RULE_NONE, 0, 0},
    {"quit", "QuIt", RULE_NONE, 0, 0},
    {"quit: CR inside", "QU\rIT", RULE_SMTP_COMMAND, 2, -1},
    {"starttls", "STARTTLS", RULE_NONE, 0, 0},
    {"starttls: argument", "STARTTLS x", RULE_SMTP_ARGUMENT, 8, 1},
    {"vrfy: atom", "VRFY alice", RULE_NONE, 0, 0},
    {"vrfy: mailbox", "VRFY alice@example.test", RULE_NONE, 0, 0},
    {"vrfy: quoted", "VRFY \"a b\"", RULE_NONE, 0, 0},
    {"vrfy: smtputf8", "VRFY \xC3\xA9 SMTPUTF8", RULE_NONE, 0, 0},
    {"vrfy: smtputf8 and more", "VRFY alice SMTPUTF8I", RULE_SMTP_STRING, 11, -1},
    {"vrfy: two parameters", "VRFY alice SMTPUTF8 X=1", RULE_SMTP_STRING, 19, -1},
    {"vrfy: quote not closed", "VRFY \"alice", RULE_SMTP_STRING, 11, 1},
    {"expn: dot at the end", "EXPN alice.", RULE_SMTP_STRING, 11, 1},
    {"vrfy: two words", "VRFY Alice Jones", RULE_SMTP_STRING, 10, 1},
    {"vrfy: path", "VRFY <a@b>", RULE_SMTP_STRING, 5, 1},
    {"vrfy: nothing", "VRFY", RULE_SMTP_STRING, 4, -1},
    {"expn: atom", "EXPN staff", RULE_NONE, 0, 0},
    {"help", "HELP", RULE_NONE, 0, 0},
    {"help: verb", "HELP MAIL", RULE_NONE, 0, 0},
    {"noop", "NOOP", RULE_NONE, 0, 0},
    {"noop: quoted", "NOOP \"a.b c\"", RULE_NONE, 0, 0},
    {"noop: quote not closed", "NOOP \"a", RULE_SMTP_STRING, 7, 1},
    {"noop: dots are not an atom", "NOOP a.b", RULE_SMTP_STRING, 5, 1},
    {"auth: mechanism", "AUTH PLAIN", RULE_NONE, 0, 0},
    {"auth: initial response", "AUTH PLAIN AGFsaWNlAHNlY3JldDE=", RULE_NONE, 0, 0},
    {"auth: empty initial response", "AUTH EXTERNAL =", RULE_NONE, 0, 0},
    {"auth: lower case", "auth scram-sha-256", RULE_NONE, 0, 0},
    {"auth: not base64", "AUTH PLAIN AGFs!", RULE_SMTP_BASE64, 15, 1},
    {"auth: cut base64", "AUTH PLAIN AGFsaQ", RULE_SMTP_BASE64, 15, 1},
    {"auth: pad first", "AUTH PLAIN =AAA", RULE_SMTP_BASE64, 11, 1},
    {"auth: three words", "AUTH PLAIN AAAA AAAA", RULE_SMTP_AUTH, 15, -1},
    {"auth: nothing", "AUTH", RULE_SMTP_AUTH, 4, -1},
    {"auth: 21 octets", "AUTH ABCDEFGHIJKLMNOPQRSTU", RULE_SMTP_AUTH, 25, -1},
    {"auth: trailing space", "AUTH PLAIN ", RULE_SMTP_TRAILING_SPACE, 10, 1},
    {"bdat", "BDAT 0", RULE_NONE, 0, 0},
    {"bdat: last", "BDAT 86 last", RULE_NONE, 0, 0},
    {"bdat: leading zeros", "BDAT 007 LAST", RULE_NONE, 0, 0},
    {"bdat: too large", "BDAT 9223372036854775808", RULE_SMTP_BDAT, 5, -1},
    {"bdat: most", "BDAT 9223372036854775807", RULE_NONE, 0, 0},
    {"bdat: no size", "BDAT", RULE_SMTP_BDAT, 4, -1},
    {"bdat: minus", "BDAT -1", RULE_SMTP_BDAT, 5, -1},
    {"bdat: other marker", "BDAT 1 END", RULE_SMTP_BDAT, 7, -1},
    {"burl", "BURL imap://u@h/INBOX;UIDVALIDITY=1/;UID=2 LAST", RULE_NONE, 0, 0},
    {"burl: no scheme", "BURL //h/x", RULE_SMTP_BURL, 5, -1},
    {"etrn", "ETRN example.test", RULE_NONE, 0, 0},
    {"etrn: option", "ETRN @example.test", RULE_NONE, 0, 0},
    {"etrn: queue", "ETRN #q_1", RULE_NONE, 0, 0},
    {"etrn: not a domain", "ETRN a/b", RULE_SMTP_ETRN, 6, 1},
    {"unknown", "XCLIENT ADDR=192.0.2.1 NAME=x", RULE_NONE, 0, 0},
    {"unknown: private with hyphen", "X-EXPS GSSAPI", RULE_NONE, 0, 0},
    {"unknown: spaces stay", "TURN  a ", RULE_NONE, 0, 0},
    {"unknown: NUL", "FOO a~0", RULE_SMTP_COMMAND, 5, -1},
    {"command: empty line", "", RULE_SMTP_COMMAND, 0, -1},
    {"command: leading space", " NOOP", RULE_SMTP_COMMAND, 0, -1},
    {"command: header field", "Subject: x", RULE_SMTP_COMMAND, 7, -1},
    {"command: http", "GET / HTTP/1.1", RULE_NONE, 0, 0},
};

/* The row's octets with their line end; "~0" stands for NUL. */
static struct span wire(const struct row *row, uint8_t *buffer)
{
    struct span text = span_text(row->in);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool nul = text.ptr[i] == '~' && i + 1 < text.len && text.ptr[i + 1] == '0';
        buffer[len++] = nul ? 0 : text.ptr[i];
        i += nul ? 1 : 0;
    }
    if (len == 0 || buffer[len - 1] != '\n') {
        buffer[len++] = '\r';
        buffer[len++] = '\n';
    }
    return (struct span){buffer, len};
}

static void check_strict(const struct row *row, struct span in)
{
    uint8_t block[4096];
    uint8_t written[512];
    struct arena arena;
    struct parse p;
    struct smtp_command command;
    arena_init(&arena, block, sizeof block);
    parse_init(&p, in, BASE, &arena);
    enum parse_rc rc = smtp_parse_command(&p, &command);
    if (row->rule != RULE_NONE) {
        assert_int_equal(rc, PARSE_BAD);
        assert_string_equal(rule_info(p.err.rule)->name, rule_info(row->rule)->name);
        assert_int_equal(p.err.off, BASE + row->bad);
        return;
    }
    assert_int_equal(rc, PARSE_OK);
    struct out o;
    out_init(&o, written, sizeof written);
    smtp_emit_command(&o, &command);
    assert_true(out_ok(&o));
    assert_true(span_equal(out_span(&o), in));
}

static void check_lenient(const struct row *row, struct span in)
{
    uint8_t block[4096];
    struct arena arena;
    struct parse p;
    struct smtp_command command;
    arena_init(&arena, block, sizeof block);
    parse_init(&p, in, BASE, &arena);
    p.quirks = QUIRKS_ALL;
    enum parse_rc rc = smtp_parse_command(&p, &command);
    assert_int_equal(rc, row->deviations == -1 ? PARSE_BAD : PARSE_OK);
    int count = 0;
    for (const struct deviation *d = p.deviations; d != NULL; d = d->next) {
        if (count == 0 && row->deviations >= 0) {
            assert_string_equal(rule_info(d->rule)->name, rule_info(row->rule)->name);
            assert_int_equal(d->off, BASE + row->bad);
        }
        assert_true(d->off + d->len <= BASE + in.len);
        count++;
    }
    if (row->deviations >= 0) {
        assert_int_equal(count, row->deviations);
    }
}

static void check_truncated(struct span in)
{
    uint8_t block[4096];
    for (size_t len = 0; len < in.len; len++) {
        struct guard g;
        guard_init(&g, span_sub(in, 0, len));
        struct arena arena;
        struct parse p;
        struct smtp_command command;
        arena_init(&arena, block, sizeof block);
        parse_init(&p, g.span, BASE, &arena);
        p.quirks = QUIRKS_ALL;
        assert_int_equal(smtp_parse_command(&p, &command), PARSE_BAD);
        assert_true(p.err.off <= BASE + len);
        guard_fini(&g);
    }
}

static void check_row(void **state)
{
    const struct row *row = *state;
    uint8_t buffer[512];
    struct guard g;
    guard_init(&g, wire(row, buffer));
    check_strict(row, g.span);
    check_lenient(row, g.span);
    check_truncated(g.span);
    guard_fini(&g);
}

static enum parse_rc parse(const char *text, struct arena *arena, struct smtp_command *command)
{
    struct parse p;
    parse_init(&p, span_text(text), 0, arena);
    return smtp_parse_command(&p, command);
}

static void sets_typed_values(void **state)
{
    (void)state;
    uint8_t block[4096];
    struct arena arena;
    struct smtp_command c;
    arena_init(&arena, block, sizeof block);
    assert_int_equal(parse("MAIL FROM:<@r:\"a b\"@[IPv6:2001:db8::192.0.2.1]> SIZE=77 "
                           "BODY=BINARYMIME RET=HDRS MT-PRIORITY=-4 REQUIRETLS\r\n",
                           &arena, &c),
                     PARSE_OK);
    static const uint8_t address[16] = {0x20, 0x01, 0x0d, 0xb8, 0,   0, 0, 0,
                                        0,    0,    0,    0,    192, 0, 2, 1};
    assert_int_equal(c.path.mailbox.host.kind, SMTP_HOST_IPV6);
    assert_memory_equal(c.path.mailbox.host.address, address, 16);
    assert_true(c.path.mailbox.quoted);
    assert_true(span_is(c.path.route, "@r:"));
    assert_int_equal(smtp_param_find(c.params, SMTP_PARAM_SIZE)->number, 77);
    assert_int_equal(smtp_param_find(c.params, SMTP_PARAM_BODY)->number, SMTP_BODY_BINARYMIME);
    assert_int_equal(smtp_param_find(c.params, SMTP_PARAM_RET)->number, SMTP_RET_HDRS);
    assert_int_equal(smtp_param_find(c.params, SMTP_PARAM_MT_PRIORITY)->priority, -4);
    assert_non_null(smtp_param_find(c.params, SMTP_PARAM_REQUIRETLS));
    assert_null(smtp_param_find(c.params, SMTP_PARAM_ENVID));
    assert_int_equal(parse("RCPT TO:<a@b> NOTIFY=DELAY,SUCCESS ORCPT=rfc822;x+2By\r\n", &arena, &c),
                     PARSE_OK);
    assert_int_equal(c.params->number, SMTP_NOTIFY_DELAY | SMTP_NOTIFY_SUCCESS);
    assert_true(span_is(c.params->next->type, "rfc822"));
    uint8_t plain[16];
    struct out o;
    out_init(&o, plain, sizeof plain);
    smtp_xtext_decode(&o, c.params->next->text);
    assert_true(span_equal(out_span(&o), SPAN_LIT("x+y")));
    out_init(&o, plain, sizeof plain);
    smtp_xtext_encode(&o, SPAN_LIT("x+ y"));
    assert_true(span_equal(out_span(&o), SPAN_LIT("x+2B+20y")));
}

static void fails_when_the_arena_is_full(void **state)
{
    (void)state;
    uint8_t block[64];
    struct arena arena;
    struct smtp_command c;
    struct parse p;
    arena_init(&arena, block, sizeof block);
    parse_init(&p, SPAN_LIT("MAIL FROM:<a@b> A B C\r\n"), 0, &arena);
    assert_int_equal(smtp_parse_command(&p, &c), PARSE_BAD);
    assert_int_equal(p.err.rule, RULE_LIMIT_ARENA);
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX] = {
        cmocka_unit_test(sets_typed_values),
        cmocka_unit_test(fails_when_the_arena_is_full),
    };
    size_t count = TABLE_ADD(tests, 2, rows, check_row);
    return table_run("parsers/smtp/command", tests, count);
}
