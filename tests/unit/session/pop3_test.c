/* SPDX-License-Identifier: MIT */
#include "tests/support/table.h"
#include "tests/support/transcript.h"

struct row {
    const char *name;
    const char *text;
    const char *findings;
};

#define X16 "xxxxxxxxxxxxxxxx"
#define X64 X16 X16 X16 X16
#define HELLO "S: +OK ready\n"
#define LOGIN HELLO "C: USER al\nS: +OK\nC: PASS x\nS: +OK logged in\n"
#define CAPA(lines) "C: CAPA\nS: +OK\n" lines "S: .\n"
#define TWO "C: STAT\nS: +OK 2 320\n"
#define LIST2 "C: LIST\nS: +OK 2 messages (320 octets)\nS: 1 120\nS: 2 200\nS: .\n"

static const struct row rows[] = {
    {"legal: RFC 1939 section 10",
     "S: +OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>\n"
     "C: APOP mrose c4c9334bac560ecc979e58001b3e22fb\n"
     "S: +OK mrose's maildrop has 2 messages (320 octets)\n"
     "C: STAT\nS: +OK 2 320\n" LIST2 "C: DELE 1\nS: +OK message 1 deleted\n"
     "C: STAT\nS: +OK 1 200\n"
     "C: DELE 2\nS: +OK message 2 deleted\nC: QUIT\n"
     "S: +OK dewey POP3 server signing off (maildrop empty)\nC.\nS.",
     ""},
    {"legal: RFC 5034 section 6",
     HELLO CAPA(
         "S: SASL DIGEST-MD5 GSSAPI ANONYMOUS\nS: STLS\n"
         "S: IMPLEMENTATION BlurdyBlurp POP3 server\n") "C: STLS\nS: +OK Begin "
                                                        "TLS\nTLS\n" CAPA("S: SASL PLAIN "
                                                                          "DIGEST-MD5 GSSAPI "
                                                                          "ANONYMOUS\nS: "
                                                                          "IMPLEMENTATION "
                                                                          "BlurdyBlurp POP3 "
                                                                          "server\n") "C: "
                                                                                      "AUTH "
                                                                                      "PLAIN "
                                                                                      "dGVzdAB"
                                                                                      "0ZXN0AH"
                                                                                      "Rlc3Q="
                                                                                      "\nS: "
                                                                                      "+OK "
                                                                                      "Maildro"
                                                                                      "p "
                                                                                      "locked "
                                                                                      "and "
                                                                                      "ready"
                                                                                      "\n",
     ""},
    {"legal: AUTH with empty challenge",
     HELLO CAPA("S: SASL PLAIN\n") "C: AUTH PLAIN\nS: + \nC: dGVzdAB0ZXN0AHRlc3Q=\nS: +OK in\n",
     ""},
    {"legal: AUTH cancelled",
     HELLO "C: AUTH PLAIN\nS: + \nC: *\nS: -ERR cancelled\nC: QUIT\nS: +OK\n", ""},
    {"RETR: dot and space at line start",
     LOGIN "C: LIST 1\nS: +OK 1 18\nC: RETR 1\nS: +OK\nS: A: b\nS: \nS: ..\nS: ..x\nS: . \nS: .\n"
           "C: NOOP\nS: +OK\n",
     "S pop3.dot-stuffing"},
    {"legal: size without byte-stuffing",
     LOGIN "C: LIST 1\nS: +OK 1 15\nC: RETR 1\nS: +OK\nS: A: b\nS: \nS: ..\nS: ..x\nS: .\n", ""},
    {"legal: message without last CRLF on the server",
     LOGIN "C: LIST 1\nS: +OK 1 13\nC: RETR 1\nS: +OK\nS: A: b\nS: \nS: ..\nS: ..x\nS: .\n", ""},
    {"legal: pipelining offered",
     LOGIN CAPA("S: PIPELINING\n") "C: STAT\nC: NOOP\nC: QUIT\nS: +OK 0 0\nS: +OK\nS: +OK\n", ""},
    {"legal: USER and PASS in one packet",
     HELLO CAPA("S: PIPELINING\n") "C: USER a\nC: PASS b\nC: STAT\n"
                                   "S: +OK\nS: +OK\nS: +OK 0 0\n",
     ""},
    {"legal: unknown command refused", LOGIN "C: XTND XMIT\nS: -ERR no\n", ""},
    {"legal: two copies of a message with one unique-id",
     LOGIN "C: LIST\nS: +OK\nS: 1 9\nS: 2 9\nS: .\nC: UIDL\nS: +OK\nS: 1 a\nS: 2 a\nS: .\n", ""},
    {"legal: empty maildrop",
     LOGIN "C: STAT\nS: +OK 0 0\nC: LIST\nS: +OK\nS: .\nC: UIDL\nS: +OK\nS: .\n", ""},
    {"legal: RSET restores",
     LOGIN TWO "C: DELE 1\nS: +OK\nC: RSET\nS: +OK\n" TWO LIST2 "C: LIST 1\nS: +OK 1 120\n", ""},
    {"legal: LANG in UTF-8",
     LOGIN
     "C: LANG\nS: +OK list:\nS: es Espa\\xC3\\xB1ol\nS: .\nC: LANG es\nS: +OK es a\\xC3\\xB1o\n"
     "C: NOOP\nS: +OK a\\xC3\\xB1o\n",
     ""},
    {"legal: 8-bit body", LOGIN "C: RETR 1\nS: +OK\nS: A: b\nS: \nS: caf\\xE9\nS: .\n", ""},
    {"legal: TOP of a short message", LOGIN "C: TOP 1 9\nS: +OK\nS: A: b\nS: \nS: x\nS: .\n", ""},
    {"legal: AUTH alone lists mechanisms",
     HELLO "C: AUTH\nS: +OK\nS: PLAIN\nS: .\nC: QUIT\nS: +OK\n", "C pop3.auth-command"},
    {"greeting: -ERR", "S: -ERR busy\n", "S pop3.greeting"},
    {"greeting: IMAP", "S: * OK ready\n", "S pop3.status"},
    {"greeting: client speaks first", "C: CAPA\nS: +OK ready\nS: -ERR\n", "C pop3.before-greeting"},
    {"state: STAT before login", HELLO "C: STAT\nS: -ERR\n", "C pop3.transaction-only"},
    {"state: STAT before login accepted", HELLO "C: STAT\nS: +OK 1 2\n",
     "C pop3.transaction-only; S pop3.wrong-state-accepted"},
    {"state: NOOP before login accepted", HELLO "C: NOOP\nS: +OK\n",
     "C pop3.transaction-only; S pop3.wrong-state-accepted"},
    {"state: USER after login", LOGIN "C: USER a\nS: -ERR\n", "C pop3.authorization-only"},
    {"state: STLS after login", LOGIN "C: STLS\nS: -ERR\n", "C pop3.stls-state"},
    {"state: AUTH after login accepted", LOGIN "C: AUTH EXTERNAL =\nS: +OK\n",
     "C pop3.auth-state; S pop3.wrong-state-accepted"},
    {"state: UTF8 after login", LOGIN "C: UTF8\nS: -ERR\n", "C pop3.utf8-state"},
    {"state: PASS without USER", HELLO "C: PASS x\nS: -ERR\n", "C pop3.pass-order"},
    {"state: PASS without USER accepted", HELLO "C: PASS x\nS: +OK\n",
     "C pop3.pass-order; S pop3.wrong-state-accepted"},
    {"state: PASS after refused USER", HELLO "C: USER a\nS: -ERR\nC: PASS x\nS: -ERR\n",
     "C pop3.pass-order"},
    {"state: PASS after CAPA", HELLO "C: USER a\nS: +OK\nC: CAPA\nS: -ERR\nC: PASS x\nS: +OK\n",
     "C pop3.pass-order"},
    {"state: APOP without timestamp", HELLO "C: APOP a c4c9334bac560ecc979e58001b3e22fb\nS: -ERR\n",
     "C pop3.apop-no-timestamp"},
    {"state: command after QUIT", LOGIN "C: QUIT\nS: +OK\nC: NOOP\n", "C pop3.after-quit"},
    {"syntax: RETR without number accepted", LOGIN "C: RETR\nS: +OK\nS: A: b\nS: \nS: .\n",
     "C pop3.argument-message; S pop3.syntax-accepted"},
    {"pipelining: not offered", LOGIN CAPA("S: UIDL\n") "C: NOOP\nC: NOOP\nS: +OK\nS: +OK\n",
     "C pop3.pipelining"},
    {"reply: unsolicited +OK", LOGIN "S: +OK again\n", "S pop3.unsolicited"},
    {"reply: an overlong line is answered as if it were many",
     LOGIN "C: LIST " X64 X64 X64 X64 "\nS: -ERR what\nS: -ERR what\nC: NOOP\nS: +OK\n"
           "S: -ERR what\n",
     "C pop3.argument-message; S pop3.autologout-text"},
    {"reply: autologout with text", LOGIN "S: -ERR idle too long\nS.", "S pop3.autologout-text"},
    {"reply: missing at the end", LOGIN "C: NOOP\nS.", "S pop3.no-reply"},
    {"reply: no status, then in step again",
     LOGIN "C: NOOP\nS: huh\nC: NOOP\nS: +OK\nC: STAT\nS: 5\nC: NOOP\nS: -ERR\n",
     "S pop3.status; S pop3.status; S pop3.noop-reply"},
    {"reply: lower case", LOGIN "C: NOOP\nS: +ok\n", "S pop3.status-case"},
    {"reply: LF alone", LOGIN "C: NOOP\nS| +OK\\n\n", "S pop3.reply-crlf"},
    {"reply: NOOP refused", LOGIN "C: NOOP\nS: -ERR\n", "S pop3.noop-reply"},
    {"reply: NOOP refused by a system error", LOGIN "C: NOOP\nS: -ERR [SYS/TEMP] disk\n", ""},
    {"reply: continuation without AUTH", LOGIN "C: NOOP\nS: + go\nS: +OK\n",
     "S pop3.continue-req; S pop3.unexpected-continue"},
    {"multi-line: no end before the next reply", LOGIN "C: LIST\nS: +OK\nS: 1 2\nC: NOOP\nS: +OK\n",
     "S pop3.unterminated"},
    {"multi-line: no end at all", LOGIN "C: RETR 1\nS: +OK\nS: A: b\nS.", "S pop3.unterminated"},
    {"multi-line: LF alone in a message",
     LOGIN "C: RETR 1\nS: +OK\nS| A: b\\n\\nx\\n\nS| .\\n\nC: NOOP\nS: +OK\n", "S pop3.line-crlf"},
    {"multi-line: a line not stuffed", LOGIN "C: RETR 1\nS: +OK\nS: A: b\nS: \nS: .x\nS: .\n",
     "S pop3.dot-stuffing"},
    {"RETR: size differs", LOGIN "C: LIST 1\nS: +OK 1 120\nC: RETR 1\nS: +OK\nS: A: b\nS: .\n",
     "S pop3.message-size"},
    {"RETR: size differs, UTF8 offered",
     LOGIN CAPA("S: UTF8\n") "C: LIST 1\nS: +OK 1 120\nC: RETR 1\nS: +OK\nS: A: b\nS: .\n",
     "S pop3.message-size-utf8"},
    {"RETR: 8-bit header without UTF8",
     LOGIN CAPA("S: UTF8\n") "C: RETR 1\nS: +OK\nS: A: \\xC3\\xA9\nS: \nS: \\xC3\\xA9\nS: .\n",
     "S pop3.utf8-not-enabled"},
    {"TOP: too many lines", LOGIN "C: TOP 1 1\nS: +OK\nS: A: b\nS: \nS: x\nS: y\nS: .\n",
     "S pop3.top-lines"},
    {"TOP: too few lines",
     LOGIN "C: RETR 1\nS: +OK\nS: A: b\nS: \nS: x\nS: y\nS: .\nC: TOP 1 2\nS: +OK\nS: A: b\nS: "
           "\nS: x\nS: .\n",
     "S pop3.top-lines"},
    {"maildrop: RETR of a deleted message",
     LOGIN "C: DELE 1\nS: +OK\nC: RETR 1\nS: +OK\nS: A: b\nS: .\n",
     "C pop3.deleted-reference; S pop3.deleted-accepted"},
    {"maildrop: DELE twice", LOGIN "C: DELE 1\nS: +OK\nC: DELE 1\nS: -ERR\n",
     "C pop3.deleted-reference"},
    {"maildrop: deleted listed", LOGIN TWO "C: DELE 1\nS: +OK\n" LIST2, "S pop3.deleted-listed"},
    {"maildrop: number above the count", LOGIN TWO "C: DELE 3\nS: +OK\n", "S pop3.no-such-message"},
    {"maildrop: listed above the count", LOGIN TWO "C: UIDL\nS: +OK\nS: 1 a\nS: 3 b\nS: .\n",
     "S pop3.no-such-message"},
    {"maildrop: listed twice", LOGIN TWO "C: UIDL\nS: +OK\nS: 1 a\nS: 1 a\nS: .\n",
     "S pop3.no-such-message"},
    {"maildrop: listing too short", LOGIN TWO "C: LIST\nS: +OK\nS: 1 120\nS: .\n",
     "S pop3.listing-count"},
    {"maildrop: STAT changes", LOGIN TWO "C: STAT\nS: +OK 3 400\n", "S pop3.maildrop-changed"},
    {"maildrop: deleted counted in STAT", LOGIN TWO "C: DELE 1\nS: +OK\n" TWO,
     "S pop3.stat-deleted"},
    {"maildrop: size changes", LOGIN LIST2 "C: LIST 1\nS: +OK 1 121\n", "S pop3.size-changed"},
    {"maildrop: sums differ", LOGIN "C: STAT\nS: +OK 2 321\n" LIST2, "S pop3.stat-size"},
    {"maildrop: another message", LOGIN "C: LIST 1\nS: +OK 2 10\n", "S pop3.other-message"},
    {"maildrop: unique-id changes", LOGIN "C: UIDL 1\nS: +OK 1 a\nC: UIDL 1\nS: +OK 1 b\n",
     "S pop3.unique-id-changed"},
    {"maildrop: unique-id shared", LOGIN LIST2 "C: UIDL\nS: +OK\nS: 1 a\nS: 2 a\nS: .\n",
     "S pop3.unique-id-shared"},
    {"CAPA: missing after login",
     HELLO CAPA("S: UIDL\nS: TOP\n") "C: USER a\nS: +OK\nC: PASS b\nS: +OK\n" CAPA("S: UIDL\n"),
     "S pop3.capa-missing"},
    {"CAPA: not asked again after STLS",
     HELLO CAPA("S: STLS\n") "C: STLS\nS: +OK\nTLS\nC: USER a\nS: +OK\n", "C pop3.capa-after-stls"},
    {"STLS: octets before the reply", HELLO "C| STLS\\r\\nCAPA\\r\\n\nS: -ERR\nS: -ERR\n",
     "C pop3.stls-early"},
    {"STLS: after UTF8", HELLO "C: UTF8\nS: +OK\nC: STLS\nS: -ERR\n", "C pop3.stls-after-utf8"},
    {"codes: not announced",
     HELLO CAPA("S: UIDL\n") "C: USER a\nS: +OK\nC: PASS b\nS: -ERR [IN-USE] x\n",
     "S pop3.code-unannounced"},
    {"codes: AUTH not announced",
     HELLO CAPA("S: RESP-CODES\n") "C: USER a\nS: +OK\nC: PASS b\nS: -ERR [AUTH] x\n",
     "S pop3.auth-code-unannounced"},
    {"codes: wrong reply", LOGIN "C: NOOP\nS: +OK [IN-USE] x\n", "S pop3.code-place"},
    {"AUTH: not announced", HELLO CAPA("S: USER\n") "C: AUTH PLAIN\nS: -ERR\n",
     "C pop3.auth-unannounced"},
    {"AUTH: initial response not announced",
     HELLO CAPA("S: USER\n") "C: AUTH PLAIN AGEAYg==\nS: -ERR\n",
     "C pop3.initial-response-unannounced"},
    {"AUTH: challenge not empty", HELLO "C: AUTH PLAIN\nS: + aGVsbG8=\nC: AGEAYg==\nS: +OK\n",
     "S pop3.empty-challenge"},
    {"AUTH: accepted without a word", HELLO "C: AUTH PLAIN\nS: +OK\n", "S pop3.empty-challenge"},
    {"AUTH: cancelled but accepted", HELLO "C: AUTH PLAIN\nS: + \nC: *\nS: +OK\n",
     "S pop3.cancel-accepted"},
    {"AUTH: not base64 but accepted", HELLO "C: AUTH PLAIN\nS: + \nC: AGE=AYg=\nS: +OK\n",
     "C pop3.auth-response; S pop3.base64-accepted"},
    {"AUTH: initial response to CRAM-MD5",
     HELLO "C: AUTH CRAM-MD5 AGEAYg==\nS: + PDFAYj4=\nC: *\nS: -ERR\n",
     "S pop3.initial-response-accepted"},
};

static const struct row excerpt_rows[] = {
    {"excerpt: begins in a body",
     "S: text of a mail\nS: .\nC: DELE 3\nS: +OK\nC: DELE 3\nS: -ERR deleted\nC: QUIT\nS: +OK\n",
     "C pop3.deleted-reference"},
    {"excerpt: begins with a command",
     "C: STAT\nS: +OK 3 100\nC: RETR 4\nS: -ERR\nC: LIST\nS: +OK\nS: 1 2\nS: .\n", ""},
    {"excerpt: stops anywhere", "C: RETR 1\nS: +OK\nS: half\nS.\nC.", ""},
};

static const struct row tls_rows[] = {
    {"CAPA: STLS inside TLS", HELLO CAPA("S: STLS\n"), "S pop3.stls-offered-in-tls"},
};

static void check(void **state)
{
    const struct row *row = *state;
    const struct session_config config = {.protocol = PROTOCOL_POP3};
    transcript_expect(&config, row->text, row->findings);
}

static void check_excerpt(void **state)
{
    const struct row *row = *state;
    const struct session_config config = {.protocol = PROTOCOL_POP3, .excerpt = true};
    transcript_expect(&config, row->text, row->findings);
}

static void check_tls(void **state)
{
    const struct row *row = *state;
    const struct session_config config = {.protocol = PROTOCOL_POP3, .tls = true};
    transcript_expect(&config, row->text, row->findings);
}

static void shows_its_state(void **state)
{
    (void)state;
    static struct transcript t;
    const struct session_config config = {.protocol = PROTOCOL_POP3};
    transcript_run(&t, &config,
                   LOGIN CAPA("S: SASL PLAIN LOGIN\nS: PIPELINING\nS: EXPIRE 7\n") LIST2
                   "C: UIDL\nS: +OK\nS: 1 a\nS: 2 b\nS: .\nC: DELE 2\nS: +OK\n",
                   0);
    const struct pop3_session *p = &t.session.as.pop3;
    assert_int_equal(p->state, POP3_STATE_TRANSACTION);
    assert_true(pop3_capabilities_has(&p->capabilities, POP3_CAPA_PIPELINING));
    assert_false(pop3_capabilities_has(&p->capabilities, POP3_CAPA_STLS));
    assert_int_equal(p->capabilities.expire, 7);
    assert_int_equal(p->capabilities.mechanisms_len, 11);
    assert_memory_equal(p->capabilities.mechanisms, "PLAIN LOGIN", 11);
    assert_true(p->maildrop.has_total);
    assert_int_equal(p->maildrop.total, 2);
    assert_int_equal(pop3_maildrop_count(&p->maildrop), 1);
    assert_int_equal(pop3_maildrop_find(&p->maildrop, 1)->size, 120);
    assert_true(pop3_maildrop_find(&p->maildrop, 2)->deleted);
    assert_string_equal(t.events,
                        "S greeting 0; C command 1; S reply 1; C command 2; S reply 2; "
                        "C command 3; S reply 3; S line 3; S line 3; S line 3; S data-end 3; "
                        "C command 4; S reply 4; S line 4; S line 4; S data-end 4; "
                        "C command 5; S reply 5; S line 5; S line 5; S data-end 5; "
                        "C command 6; S reply 6");
    transcript_fini(&t);
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = TABLE_ADD(tests, 0, rows, check);
    count = TABLE_ADD(tests, count, excerpt_rows, check_excerpt);
    count = TABLE_ADD(tests, count, tls_rows, check_tls);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(shows_its_state);
    return table_run("session/pop3", tests, count);
}
