/* SPDX-License-Identifier: MIT */
#include "session/session.h"

#include "tests/support/table.h"
#include "tests/support/transcript.h"

struct row {
    const char *name;
    const char *text;
    const char *findings; /* see tests/support/transcript.h */
    enum { PLAIN, IN_TLS, EXCERPT, OVER_LMTP } setting;
};

#define GREETING "S: 220 mx.example.test ESMTP\n"
#define EHLO_BARE "C: EHLO client.example\nS: 250 mx.example.test\n"
#define EHLO                                                                                       \
    "C: EHLO client.example\nS: 250-mx.example.test Hello\nS: 250-PIPELINING\nS: 250-SIZE 1000\n"  \
    "S: 250-8BITMIME\nS: 250-DSN\nS: 250-CHUNKING\nS: 250-BINARYMIME\nS: 250-STARTTLS\n"           \
    "S: 250-AUTH PLAIN LOGIN\nS: 250 SMTPUTF8\n"
#define START GREETING EHLO
#define MAIL "C: MAIL FROM:<a@b.example>\nS: 250 ok\n"
#define RCPT "C: RCPT TO:<c@d.example>\nS: 250 ok\n"
#define LONG8                                                                                      \
    "xxxxxxxx"                                                                                     \
    "xxxxxxxx"                                                                                     \
    "xxxxxxxx"                                                                                     \
    "xxxxxxxx"
#define LONG LONG8 LONG8 LONG8 LONG8 LONG8 LONG8 LONG8 LONG8
#define QUIT "C: QUIT\nS: 221 bye\nC.\nS.\n"
#define MESSAGE "C: DATA\nS: 354 go\nC: Subject: x\nC: \nC: ..dot\nC: .\nS: 250 queued\n"
#define ENHANCED                                                                                   \
    GREETING "C: EHLO client.example\nS: 250-mx.example.test\nS: 250 ENHANCEDSTATUSCODES\n"
#define LMTP                                                                                       \
    "S: 220 mx.example.test LMTP\nC: LHLO client.example\nS: 250-mx.example.test\n"                \
    "S: 250-PIPELINING\nS: 250-CHUNKING\nS: 250 ENHANCEDSTATUSCODES\n"
#define LMAIL "C: MAIL FROM:<a@b.example>\nS: 250 2.1.0 ok\n"
#define LRCPT "C: RCPT TO:<c@d.example>\nS: 250 2.1.5 ok\n"

static const struct row rows[] = {
    /* Correct conversations: silence. */
    {"right: one message", START MAIL RCPT MESSAGE QUIT, "", PLAIN},
    {"right: HELO",
     GREETING "C: HELO client.example\nS: 250 mx.example.test\n" MAIL RCPT MESSAGE QUIT, "", PLAIN},
    {"right: multi-line greeting",
     "S: 220-mx.example.test ESMTP\nS: 220-no spam\nS: 220 please\n" EHLO QUIT, "", PLAIN},
    {"right: greeting refused", "S: 554 no service\nC: QUIT\nS: 221 bye\nC.\nS.\n", "", PLAIN},
    {"right: greeting 421", "S: 421 too many\nS.\nC.\n", "", PLAIN},
    {"right: EHLO refused, then HELO",
     GREETING "C: EHLO client.example\nS: 502 what\nC: HELO client.example\nS: 250 hi\n" QUIT, "",
     PLAIN},
    {"right: pipelining",
     START "C: MAIL FROM:<a@b.example> SIZE=5\nC: RCPT TO:<c@d.example>\n"
           "C: RCPT TO:<e@d.example>\nC: DATA\nS: 250 ok\nS: 250 ok\nS: 550 no\nS: 354 go\n"
           "C: x\nC: .\nC: QUIT\nS: 250 ok\nS: 221 bye\nC.\nS.\n",
     "", PLAIN},
    {"right: pipelining after a refused MAIL",
     START "C: MAIL FROM:<a@b.example>\nC: RCPT TO:<c@d.example>\nC: DATA\nS: 550 no\n"
           "S: 503 no\nS: 503 no\n" MAIL QUIT,
     "", PLAIN},
    {"right: 354 without valid recipients in a pipeline",
     START "C: MAIL FROM:<a@b.example>\nC: RCPT TO:<c@d.example>\nC: DATA\nS: 250 ok\nS: 550 no\n"
           "S: 554 no\nC: RSET\nS: 250 ok\n" QUIT,
     "", PLAIN},
    {"right: a refused line that is too long",
     START "C: NOOP " LONG LONG "\nS: 500 too long\n" QUIT, "C smtp.command-length", PLAIN},
    {"right: pipelining refused that was not offered",
     GREETING EHLO_BARE "C: NOOP\nC: RSET\nS: 500 one by one\nS: 500 one by one\n" QUIT,
     "C smtp.pipelining", PLAIN},
    {"a chunk behind a command that the server cannot read is commands",
     START "C| BDAT 4\\r\\r\\n\nC| NO\\r\\n\nS: 501 what\nS: 500 what\nC: NOOP\nS: 250 ok\n" QUIT,
     "C smtp.bare-cr; C smtp.order; (S smtp.unsolicited)", PLAIN},
    {"two lines that a bare LF joins, answered as one",
     START "C| RSET\\nRSET\\r\\n\nS: 500 what\n" MAIL RCPT MESSAGE QUIT, "C smtp.bare-lf", PLAIN},
    {"two lines that a bare LF joins, answered as two",
     START "C| RSET\\nRSET\\r\\n\nS: 250 ok\nS: 250 ok\n" MAIL RCPT MESSAGE QUIT, "C smtp.bare-lf",
     PLAIN},
    {"right: two messages", START MAIL RCPT MESSAGE MAIL RCPT MESSAGE QUIT, "", PLAIN},
    {"right: RSET", START MAIL "C: RSET\nS: 250 ok\n" MAIL RCPT MESSAGE QUIT, "", PLAIN},
    {"right: EHLO resets", START MAIL EHLO MAIL QUIT, "", PLAIN},
    {"right: message refused",
     START MAIL RCPT "C: DATA\nS: 354 go\nC: x\nC: .\nS: 554 no\n" MAIL QUIT, "", PLAIN},
    {"right: DATA refused", START MAIL RCPT "C: DATA\nS: 451 later\nC: RSET\nS: 250 ok\n" QUIT, "",
     PLAIN},
    {"right: chunks",
     START MAIL RCPT
     "C: BDAT 4\nC: ab\nS: 250 ok\nC: BDAT 3 LAST\nC| c\\r\\n\nS: 250 ok\n" MAIL QUIT,
     "", PLAIN},
    {"right: empty last chunk",
     START MAIL RCPT "C: BDAT 4\nC: ab\nS: 250 ok\nC: BDAT 0 LAST\nS: 250 ok\n" QUIT, "", PLAIN},
    {"right: pipelined chunks",
     START "C: MAIL FROM:<a@b.example> BODY=BINARYMIME\nC: RCPT TO:<c@d.example>\n"
           "C: BDAT 3\nC| \\n\\r\\xFF\nC: BDAT 1 LAST\nC| x\n"
           "S: 250 ok\nS: 250 ok\nS: 250 ok\nS: 250 ok\n" QUIT,
     "", PLAIN},
    {"right: refused chunk swallows its octets",
     START MAIL "C: RCPT TO:<c@d.example>\nS: 550 no\nC: BDAT 6 LAST\nC: QUIT\nS: 503 no\n"
                "C: RSET\nS: 250 ok\n" QUIT,
     "", PLAIN},
    {"right: AUTH with initial response", START "C: AUTH PLAIN AGEAYg==\nS: 235 ok\n" MAIL QUIT, "",
     PLAIN},
    {"right: AUTH with challenges",
     START "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: YQ==\nS: 334 UGFzc3dvcmQ6\nC: Yg==\n"
           "S: 535 no\nC: AUTH PLAIN\nS: 334 \nC: AGEAYg==\nS: 235 ok\n" QUIT,
     "", PLAIN},
    {"right: AUTH cancelled", START "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: *\nS: 501 ok\n" QUIT,
     "", PLAIN},
    {"right: STARTTLS", START "C: STARTTLS\nS: 220 go\nTLS\n" EHLO_BARE QUIT, "", PLAIN},
    {"right: STARTTLS refused", START "C: STARTTLS\nS: 454 no\n" MAIL QUIT, "", PLAIN},
    {"right: UTF-8",
     START "C: MAIL FROM:<\\xC3\\xA9@b.example> SMTPUTF8\nS: 250 ok\n"
           "C: RCPT TO:<\\xC3\\xA9@d.example>\nS: 250 \\xC3\\xA9 ok\n"
           "C: DATA\nS: 354 go\nC: \\xC3\\xA9\nC: .\nS: 250 ok\n" QUIT,
     "", PLAIN},
    {"right: 8-bit data",
     START "C: MAIL FROM:<a@b.example> BODY=8BITMIME\nS: 250 ok\n" RCPT
           "C: DATA\nS: 354 go\nC: \\xE9\nC: .\nS: 250 ok\n" QUIT,
     "", PLAIN},
    {"right: unknown command", START "C: XFOO bar\nS: 500 what\n" QUIT, "", PLAIN},
    {"right: VRFY, NOOP, HELP",
     START "C: VRFY alice\nS: 252 maybe\nC: NOOP\nS: 250 ok\nC: HELP\nS: 502 no\n" QUIT, "", PLAIN},
    {"right: unknown keywords",
     GREETING "C: EHLO client.example\nS: 250-mx.example.test\nS: 250-XFOO a=b\nS: 250-LIMITS "
              "RCPTMAX=5\nS: 250 x-y\nC: MAIL FROM:<a@b.example> FOO=1\nS: 250 ok\n" QUIT,
     "", PLAIN},
    {"right: 421 in the middle", START MAIL "S: 421 closing\nS.\nC.\n", "", PLAIN},
    {"right: 998 octets and CRLF, stuffed dot",
     START MAIL RCPT
     "C: DATA\nS: 354 go\n"
     "C| ..1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678"
     "\nC| 12345678901234567890123456789012345678901234567890123456789012345678901234567890\n"
     "C: \nC: .\nS: 250 ok\n" QUIT,
     "", PLAIN},
    {"right: enhanced codes",
     ENHANCED "C: MAIL FROM:<a@b.example>\nS: 250 2.1.0 ok\nC: RCPT TO:<c@d.example>\n"
              "S: 550-5.1.1 no such\nS: 550 5.1.1 user\nC: QUIT\nS: 221 2.0.0 bye\n",
     "", PLAIN},
    {"right: LMTP, one reply for each recipient",
     LMTP LMAIL LRCPT "C: RCPT TO:<e@d.example>\nS: 550 5.1.1 no\n" LRCPT
                      "C: DATA\nS: 354 go\nC: x\nC: .\nS: 250 2.0.0 ok\nS: 451 4.0.0 later\n" LMAIL
                      "C: QUIT\nS: 221 2.0.0 bye\n",
     "", OVER_LMTP},
    {"right: LMTP, chunks",
     LMTP LMAIL LRCPT LRCPT "C: BDAT 3\nC| abc\nS: 250 2.0.0 ok\nC: BDAT 2 LAST\nC: \n"
                            "S: 250 2.0.0 ok\nS: 250 2.0.0 ok\nC: QUIT\nS: 221 2.0.0 bye\n",
     "", OVER_LMTP},

    /* Excerpts: nothing that was not seen is held against anyone. */
    {"excerpt: begins with RCPT", RCPT MESSAGE QUIT, "", EXCERPT},
    {"excerpt: begins with a reply", "S: 250 ok\n" RCPT, "", EXCERPT},
    {"excerpt: begins in the message", "C: line of a message\nC: .\nS: 250 queued\n" MAIL RCPT, "",
     EXCERPT},
    {"excerpt: begins with the greeting", START MAIL, "", EXCERPT},
    {"excerpt: AUTH", "C: AUTH PLAIN AGEAYg==\nS: 235 ok\n", "", EXCERPT},
    {"excerpt: faults are still seen", "C: RCPT TO: <a@b.example>\nS: 250 ok\n",
     "C smtp.colon-space", EXCERPT},
    {"excerpt: an order that was seen", MAIL RCPT MESSAGE "C: DATA\nS: 503 no\n", "C smtp.order",
     EXCERPT},

    /* The client's faults. */
    {"client: before the greeting",
     "C: EHLO client.example\n" GREETING "S: 250 mx.example.test\n" QUIT, "C smtp.before-greeting",
     PLAIN},
    {"client: MAIL before EHLO", GREETING MAIL "C: QUIT\nS: 221 bye\n", "C smtp.mail-before-ehlo",
     PLAIN},
    {"client: RCPT before MAIL", START "C: RCPT TO:<a@b.example>\nS: 503 no\n" QUIT, "C smtp.order",
     PLAIN},
    {"client: DATA before RCPT", START MAIL "C: DATA\nS: 503 no\n" QUIT, "C smtp.order", PLAIN},
    {"client: nested MAIL", START MAIL "C: MAIL FROM:<a@b.example>\nS: 503 no\n" QUIT,
     "C smtp.nested-mail", PLAIN},
    {"client: MAIL after a refused DATA",
     START MAIL RCPT "C: DATA\nS: 451 later\nC: MAIL FROM:<a@b.example>\nS: 503 no\n" QUIT,
     "C smtp.nested-mail", PLAIN},
    {"client: parameter not offered",
     GREETING EHLO_BARE "C: MAIL FROM:<a@b.example> SIZE=1 BODY=8BITMIME\nS: 555 no\n" QUIT,
     "C smtp.param-not-offered; C smtp.param-not-offered", PLAIN},
    {"client: parameter after HELO",
     GREETING "C: HELO client.example\nS: 250 hi\nC: MAIL FROM:<a@b.example> FOO\nS: 555 no\n" QUIT,
     "C smtp.param-not-offered", PLAIN},
    {"client: SMTPUTF8 with RCPT", START MAIL "C: RCPT TO:<a@b.example> SMTPUTF8\nS: 555 no\n" QUIT,
     "C smtp.param-not-offered", PLAIN},
    {"client: SIZE twice", START "C: MAIL FROM:<a@b.example> SIZE=1 SIZE=2\nS: 501 no\n" QUIT,
     "C smtp.size-twice", PLAIN},
    {"client: UTF-8 without SMTPUTF8",
     START "C: MAIL FROM:<\\xC3\\xA9@b.example>\nS: 553 no\n" QUIT, "C smtp.utf8-without-param",
     PLAIN},
    {"client: UTF-8 recipient without SMTPUTF8",
     START MAIL "C: RCPT TO:<\\xC3\\xA9@b.example>\nS: 553 no\n" QUIT, "C smtp.utf8-without-param",
     PLAIN},
    {"client: REQUIRETLS in plaintext",
     START "C: MAIL FROM:<a@b.example> REQUIRETLS\nS: 555 no\n" QUIT,
     "C smtp.requiretls-plain; C smtp.param-not-offered", PLAIN},
    {"client: pipelining not offered",
     GREETING EHLO_BARE "C: MAIL FROM:<a@b.example>\nC: RCPT TO:<c@d.example>\nS: 250 ok\n"
                        "S: 250 ok\n" QUIT,
     "C smtp.pipelining", PLAIN},
    {"client: pipelining behind NOOP", START "C: NOOP\nC: RSET\nS: 250 ok\nS: 250 ok\n" QUIT,
     "C smtp.pipelining-group", PLAIN},
    {"client: data without waiting for 354",
     START MAIL RCPT "C: DATA\nC: x\nC: .\nS: 354 go\nS: 250 ok\n" QUIT, "C smtp.pipelining-group",
     PLAIN},
    {"client: data without waiting for a refusal",
     START MAIL RCPT "C: DATA\nC: NOOP\nS: 451 later\nS: 250 ok\nC: RSET\nS: 250 ok\n" QUIT,
     "C smtp.pipelining-group", PLAIN},
    {"client: AUTH response without waiting",
     START "C: AUTH PLAIN\nC: AGEAYg==\nS: 334 \nS: 235 ok\n" QUIT, "C smtp.auth-group", PLAIN},
    {"client: plaintext behind STARTTLS",
     START "C: STARTTLS\nC: MAIL FROM:<a@b.example>\nS: 220 go\n", "C smtp.starttls-group", PLAIN},
    {"client: STARTTLS in TLS",
     GREETING "C: EHLO client.example\nS: 250 mx.example.test\n"
              "C: STARTTLS\nS: 503 no\n" QUIT,
     "C smtp.starttls-active", IN_TLS},
    {"client: MAIL as the first command after TLS",
     START "C: STARTTLS\nS: 220 go\nTLS\nC: MAIL FROM:<a@b.example>\nS: 503 no\n" QUIT,
     "C smtp.ehlo-after-tls", PLAIN},
    {"client: AUTH twice",
     START "C: AUTH PLAIN AGEAYg==\nS: 235 ok\nC: AUTH PLAIN AGEAYg==\nS: 503 no\n" QUIT,
     "C smtp.auth-twice", PLAIN},
    {"client: AUTH in a transaction", START MAIL "C: AUTH PLAIN AGEAYg==\nS: 503 no\n" QUIT,
     "C smtp.auth-in-mail", PLAIN},
    {"client: AUTH not offered", GREETING EHLO_BARE "C: AUTH PLAIN AGEAYg==\nS: 502 no\n" QUIT,
     "C smtp.not-offered", PLAIN},
    {"client: response not base64",
     START "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: a b\nS: 501 no\n" QUIT, "C smtp.base64", PLAIN},
    {"client: command behind QUIT", START "C: QUIT\nC: NOOP\nS: 221 bye\n",
     "C smtp.after-quit; C smtp.pipelining-group", PLAIN},
    {"client: DATA with BINARYMIME",
     START "C: MAIL FROM:<a@b.example> BODY=BINARYMIME\nS: 250 ok\n" RCPT
           "C: DATA\nS: 503 no\nC: RSET\nS: 250 ok\n" QUIT,
     "C smtp.data-binarymime", PLAIN},
    {"client: DATA after BDAT",
     START MAIL RCPT "C: BDAT 1\nC| x\nS: 250 ok\nC: DATA\nS: 503 no\nC: RSET\nS: 250 ok\n" QUIT,
     "C smtp.data-after-bdat", PLAIN},
    {"client: a BDAT that is not offered, whose chunk is read as commands",
     GREETING EHLO_BARE MAIL RCPT "C: BDAT 10 LAST\nC| Subject: x\nS: 500 what\nS: 500 what\n" QUIT,
     "C smtp.not-offered; (S smtp.unsolicited)", PLAIN},
    {"client: a BURL that is not offered is no BDAT, and the message goes on",
     START MAIL RCPT "C: BURL imap://h/\nS: 500 what\n" MESSAGE QUIT, "C smtp.not-offered", PLAIN},
    {"client: BDAT after LAST",
     START MAIL RCPT "C: BDAT 1 LAST\nC| x\nS: 250 ok\nC: BDAT 1 LAST\nC| x\nS: 503 no\n" QUIT,
     "C smtp.bdat-after-last", PLAIN},
    {"client: BDAT after a refused one",
     START MAIL RCPT "C: BDAT 1\nC| x\nS: 552 no\nC: BDAT 1 LAST\nC| x\nS: 503 no\n"
                     "C: RSET\nS: 250 ok\n" QUIT,
     "C smtp.bdat-after-failure", PLAIN},
    {"client: bare LF, bare CR, 8-bit",
     START MAIL RCPT "C: DATA\nS: 354 go\nC: a\\nb\nC: c\\rd\nC: \\xE9\\ne\nC: .\nS: 250 ok\n" QUIT,
     "C smtp.data-bare-lf; C smtp.data-bare-cr; C smtp.data-8bit", PLAIN},
    {"client: EHLO in LMTP",
     "S: 220 mx.example.test LMTP\nC: EHLO client.example\nS: 500 5.5.1 no\n", "C lmtp.hello",
     OVER_LMTP},
    {"client: closes without QUIT", START MAIL "C.\nS.\n", "C smtp.close-without-quit", PLAIN},
    {"client: rest of a message as commands",
     START "C: From: a@b.example\nS: 500 no\nC: To: c\nS: 500 no\nC: \nS: 500 no\n" QUIT,
     "C smtp.command; (C smtp.command); (C smtp.command)", PLAIN},

    /* The server's faults. */
    {"server: greeting without a name", "S: 220 (ready)\n" EHLO QUIT, "S smtp.greeting", PLAIN},
    {"server: greeting 250", "S: 250 mx.example.test\n" EHLO QUIT, "S smtp.reply-unexpected",
     PLAIN},
    {"server: 250 for 354, and the message comes",
     START MAIL RCPT "C: DATA\nS: 250 go\nC: Subject: x\nC: \nC: a b\nC: .\n"
                     "S: 500 no\nS: 500 no\nS: 500 no\nS: 500 no\n" QUIT,
     "S smtp.reply-unexpected; (C smtp.command); (C smtp.command); (C smtp.command)", PLAIN},
    {"server: bare code", GREETING EHLO_BARE "C: NOOP\nS: 250\n" QUIT, "S smtp.reply-bare-code",
     PLAIN},
    {"server: codes differ", GREETING EHLO_BARE "C: NOOP\nS: 250-a\nS: 251 b\n" QUIT,
     "S smtp.reply-codes-differ; S smtp.reply-unlisted", PLAIN},
    {"server: code 600", GREETING EHLO_BARE "C: NOOP\nS: 600 a\n" QUIT, "S smtp.reply-code", PLAIN},
    {"server: bare LF", GREETING EHLO_BARE "C: NOOP\nS| 250 ok\\n\n" QUIT, "S smtp.bare-lf", PLAIN},
    {"server: 8-bit text", GREETING EHLO_BARE "C: NOOP\nS: 250 caf\\xE9\n" QUIT,
     "S smtp.reply-8bit", PLAIN},
    {"server: NUL", GREETING EHLO_BARE "C: NOOP\nS: 250 a\\0b\n" QUIT, "S smtp.reply-control",
     PLAIN},
    {"server: garbage", GREETING EHLO_BARE "C: NOOP\nS: hello\nC: NOOP\nS: 250 ok\n" QUIT,
     "S smtp.reply-line", PLAIN},
    {"server: garbage and the reply",
     GREETING EHLO_BARE "C: NOOP\nS: hello\nS: 250 ok\nC: NOOP\nS: 250 ok\n" QUIT,
     "S smtp.reply-line; (S smtp.unsolicited)", PLAIN},
    {"server: unsolicited", GREETING EHLO_BARE "S: 250 ok\n" QUIT, "S smtp.unsolicited", PLAIN},
    {"server: two replies", GREETING EHLO_BARE "C: NOOP\nS: 250 ok\nS: 250 ok\n" QUIT,
     "S smtp.unsolicited", PLAIN},
    {"server: 354 to RCPT", START MAIL "C: RCPT TO:<c@d.example>\nS: 354 go\n" QUIT,
     "S smtp.reply-unexpected", PLAIN},
    {"server: 250 to DATA", START MAIL RCPT "C: DATA\nS: 250 ok\nC: RSET\nS: 250 ok\n" QUIT,
     "S smtp.reply-unexpected", PLAIN},
    {"server: 354 to the final dot", START MAIL RCPT "C: DATA\nS: 354 go\nC: .\nS: 354 go\n" QUIT,
     "S smtp.reply-unexpected", PLAIN},
    {"server: 220 to NOOP", GREETING EHLO_BARE "C: NOOP\nS: 220 ok\n" QUIT, "S smtp.reply-unlisted",
     PLAIN},
    {"server: RCPT without MAIL", START "C: RCPT TO:<a@b.example>\nS: 250 ok\n" QUIT,
     "C smtp.order; S smtp.rcpt-without-mail", PLAIN},
    {"server: DATA without RCPT",
     START MAIL "C: RCPT TO:<c@d.example>\nS: 550 no\nC: DATA\nS: 354 go\nC: .\nS: 554 no\n" QUIT,
     "S smtp.data-without-rcpt", PLAIN},
    {"server: LMTP DATA without RCPT",
     LMTP LMAIL "C: RCPT TO:<c@d.example>\nS: 550 5.1.1 no\nC: DATA\nS: 354 go\n",
     "S lmtp.data-without-recipient", OVER_LMTP},
    {"server: LMTP one reply too many",
     LMTP LMAIL LRCPT "C: DATA\nS: 354 go\nC: .\nS: 250 2.0.0 ok\nS: 250 2.0.0 ok\n",
     "S smtp.unsolicited", OVER_LMTP},
    {"server: LMTP accepts EHLO",
     "S: 220 mx.example.test LMTP\nC: EHLO client.example\nS: 250-mx.example.test\n"
     "S: 250-PIPELINING\nS: 250 ENHANCEDSTATUSCODES\n",
     "C lmtp.hello; S lmtp.hello-accepted", OVER_LMTP},
    {"server: LMTP without PIPELINING",
     "S: 220 mx.example.test LMTP\nC: LHLO client.example\nS: 250 mx.example.test\n",
     "S lmtp.extensions", OVER_LMTP},
    {"server: RSET refused", START "C: RSET\nS: 503 no\n" QUIT, "S smtp.rset-refused", PLAIN},
    {"server: QUIT answered 250", START "C: QUIT\nS: 250 bye\nC.\nS.\n",
     "S smtp.reply-unlisted; S smtp.quit-reply", PLAIN},
    {"server: extended answer to HELO",
     GREETING "C: HELO client.example\nS: 250-mx.example.test\nS: 250 PIPELINING\n" QUIT,
     "S smtp.helo-extended", PLAIN},
    {"server: EHLO answer without a domain",
     GREETING "C: EHLO client.example\nS: 250-(hello)\nS: 250 PIPELINING\n" QUIT,
     "S smtp.ehlo-domain", PLAIN},
    {"server: AUTH=",
     GREETING "C: EHLO client.example\nS: 250-mx.example.test\nS: 250 AUTH=LOGIN PLAIN\n" QUIT,
     "S smtp.ehlo-auth-equals", PLAIN},
    {"server: = in a keyword",
     GREETING "C: EHLO client.example\nS: 250-mx.example.test\nS: 250 XVERP=Courier\n" QUIT,
     "S smtp.ehlo-keyword", PLAIN},
    {"server: space behind a keyword",
     GREETING "C: EHLO client.example\nS: 250-mx.example.test\nS: 250 PIPELINING \n" QUIT,
     "S smtp.ehlo-param", PLAIN},
    {"server: SIZE not a number",
     GREETING "C: EHLO client.example\nS: 250-mx.example.test\nS: 250 SIZE 10M\n" QUIT,
     "S smtp.ehlo-size", PLAIN},
    {"server: STARTTLS listed in TLS",
     GREETING "C: EHLO client.example\nS: 250-mx.example.test\nS: 250 STARTTLS\n" QUIT,
     "S smtp.starttls-listed", IN_TLS},
    {"server: BINARYMIME without CHUNKING",
     GREETING "C: EHLO client.example\nS: 250-mx.example.test\nS: 250 BINARYMIME\n" QUIT,
     "S smtp.binarymime-chunking", PLAIN},
    {"server: listed but not implemented", START "C: STARTTLS\nS: 502 no\n" QUIT,
     "S smtp.listed-not-implemented", PLAIN},
    {"server: required command unknown", START "C: NOOP\nS: 500 what\n" QUIT,
     "S smtp.required-command", PLAIN},
    {"server: AUTH accepted twice",
     START "C: AUTH PLAIN AGEAYg==\nS: 235 ok\nC: AUTH PLAIN AGEAYg==\nS: 235 ok\n" QUIT,
     "C smtp.auth-twice; S smtp.auth-twice-accepted", PLAIN},
    {"server: challenge is text",
     START "C: AUTH LOGIN\nS: 334 Username:\nC: YQ==\nS: 535 no\n" QUIT, "S smtp.auth-challenge",
     PLAIN},
    {"server: challenge before a mechanism that begins with the client",
     START "C: AUTH PLAIN\nS: 334 UGFzc3dvcmQ6\nC: AGEAYg==\nS: 235 ok\n" QUIT,
     "S smtp.auth-challenge-first", PLAIN},
    {"right: AUTH PLAIN without an initial response",
     START "C: AUTH PLAIN\nS: 334 \nC: AGEAYg==\nS: 235 ok\n" QUIT, "", PLAIN},
    {"server: parameter of a keyword that has none",
     GREETING "C: EHLO client.example\nS: 250-mx.example.test\nS: 250-PIPELINING 5\nS: 250 "
              "STARTTLS x\n" QUIT,
     "S smtp.ehlo-no-param; S smtp.ehlo-no-param", PLAIN},
    {"server: two names of a priority policy",
     GREETING "C: EHLO client.example\nS: 250-mx.example.test\nS: 250 MT-PRIORITY A B\n" QUIT,
     "S smtp.ehlo-no-param", PLAIN},
    {"right: parameters where there may be some",
     GREETING "C: EHLO client.example\nS: 250-mx.example.test\nS: 250-MT-PRIORITY MIXER\nS: "
              "250-SIZE\nS: 250-X-A b c\n"
              "S: 250 BURL imap imap://h.example\n" QUIT,
     "", PLAIN},
    {"server: AUTH without a mechanism",
     GREETING "C: EHLO client.example\nS: 250-mx.example.test\nS: 250 AUTH\n" QUIT,
     "S smtp.ehlo-auth-none", PLAIN},
    {"server: keyword twice",
     GREETING "C: EHLO client.example\nS: 250-mx.example.test\nS: 250-SIZE 1\nS: 250 size 2\n" QUIT,
     "S smtp.ehlo-keyword-twice", PLAIN},
    {"server: SMTPUTF8 without 8BITMIME",
     GREETING "C: EHLO client.example\nS: 250-mx.example.test\nS: 250 SMTPUTF8\n" QUIT,
     "S smtp.smtputf8-8bitmime", PLAIN},
    {"server: HELO without a name", GREETING "C: HELO client.example\nS: 250 *** hello\n" QUIT,
     "S smtp.helo-domain", PLAIN},
    {"server: HELO with nothing", GREETING "C: HELO client.example\nS: 250 \n" QUIT,
     "S smtp.helo-domain", PLAIN},
    {"server: code that is not defined", START "C: MAIL FROM:<a@b.example>\nS: 541 no\n" QUIT,
     "S smtp.reply-unlisted", PLAIN},
    {"right: codes of extensions",
     START "C: MAIL FROM:<a@b.example>\nS: 530 no\nC: AUTH PLAIN AGEAYg==\nS: 534 no\n" QUIT, "",
     PLAIN},
    {"right: enhanced code with zeros", ENHANCED "C: NOOP\nS: 250 2.0.0 ok\n", "", PLAIN},
    {"server: another status code for a wrong password",
     GREETING "C: EHLO client.example\nS: 250-mx.example.test\nS: 250-ENHANCEDSTATUSCODES\nS: 250 "
              "AUTH PLAIN\n"
              "C: AUTH PLAIN AGEAYg==\nS: 535 5.7.0 no\n",
     "S smtp.auth-status", PLAIN},
    {"right: a malformed BDAT is refused at once",
     START MAIL RCPT "C: BDAT 3\r\nS: 501 5.5.4 syntax\n", "C smtp.bare-cr", PLAIN},
    {"server: bare 334", START "C: AUTH PLAIN\nS: 334\nC: AGEAYg==\nS: 235 ok\n" QUIT,
     "S smtp.auth-challenge-space", PLAIN},
    {"server: goes on after a cancelled AUTH",
     START "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: *\nS: 535 no\n" QUIT, "S smtp.auth-cancel",
     PLAIN},
    {"server: enhanced code missing", ENHANCED "C: NOOP\nS: 250 ok\n", "S smtp.status-missing",
     PLAIN},
    {"server: enhanced class", ENHANCED "C: NOOP\nS: 250 5.0.0 ok\n", "S smtp.status-class", PLAIN},
    {"server: enhanced codes differ", ENHANCED "C: VRFY a\nS: 550-5.1.1 a\nS: 550 5.1.2 b\n",
     "S smtp.status-lines", PLAIN},
    {"server: reply before the chunk has ended",
     START MAIL RCPT "C: BDAT 9 LAST\nC| abc\nS: 552 no\nC| defghi\nC: RSET\nS: 250 ok\n" QUIT,
     "S smtp.bdat-early-reply", PLAIN},
    {"client: a broken BDAT is refused before its chunk",
     START MAIL RCPT "C| BDAT 3\\r\\r\\n\nS: 501 no\nC| abc\nC: QUIT\nS: 500 what\n",
     "C smtp.bare-cr", PLAIN},
    {"server: reply before the chunk of a BDAT that came too early",
     START "C: BDAT 9 LAST\nC| abc\nS: 503 no\nC| defghi\n" QUIT,
     "C smtp.order; S smtp.bdat-early-reply", PLAIN},
    {"server: leading zero in a status code", ENHANCED "C: NOOP\nS: 250 2.00.0 ok\n",
     "S smtp.status-zero", PLAIN},
    {"client: a refusal of what comes out of order is no lack of the server",
     START "C: DATA\nS: 500 what\n" QUIT, "C smtp.order", PLAIN},
    {"server: reply before the final dot",
     START MAIL RCPT "C: DATA\nS: 354 go\nC: abc\nS: 552 no\nC: .\n" QUIT, "S smtp.unsolicited",
     PLAIN},
    {"server: closes without 421", START MAIL "S.\nC.\n", "S smtp.close-without-421", PLAIN},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    const struct session_config config = {.protocol = row->setting == OVER_LMTP ? PROTOCOL_LMTP
                                                                                : PROTOCOL_SMTP,
                                          .excerpt = row->setting == EXCERPT,
                                          .tls = row->setting == IN_TLS};
    transcript_expect(&config, row->text, row->findings);
}

static void tells_what_is_offered(void **state)
{
    (void)state;
    static struct transcript t;
    const struct session_config config = {.protocol = PROTOCOL_SMTP};
    transcript_run(&t, &config, START MAIL RCPT RCPT "C: DATA\nS: 354 go\nC: x\n", 0);
    const struct smtp_session *m = &t.session.as.smtp;
    assert_true(smtp_session_offers(m, SMTP_EXT_CHUNKING));
    assert_false(smtp_session_offers(m, SMTP_EXT_ETRN));
    assert_int_equal(m->capabilities.size, 1000);
    assert_true(span_is(m->capabilities.auth, "PLAIN LOGIN"));
    assert_int_equal(m->recipients, 2);
    assert_string_equal(smtp_state_text(m->state), "data");
    transcript_fini(&t);
}

static void numbers_commands(void **state)
{
    (void)state;
    static struct transcript t;
    const struct session_config config = {.protocol = PROTOCOL_SMTP};
    transcript_run(&t, &config,
                   START "C: MAIL FROM:<a@b.example>\nC: RCPT TO:<c@d.example>\nC: DATA\n"
                         "S: 250 ok\nS: 250 ok\nS: 354 go\nC: x\nC: .\nS: 250 ok\n"
                         "C: AUTH LOGIN\nS: 334 \nC: YQ==\nS: 235 ok\n",
                   0);
    assert_string_equal(t.events, "S greeting 0; C command 1; S reply 1; C command 2; C command 3; "
                                  "C command 4; S reply 2; S reply 3; S continue 4; C data-end 4; "
                                  "S reply 4; C command 5; S continue 5; C sasl 5; S reply 5");
    transcript_fini(&t);
}

static void waits_when_too_many_commands_are_open(void **state)
{
    (void)state;
    static struct transcript t;
    static char text[64 * 1024];
    size_t len = (size_t)snprintf(text, sizeof text, "%s%s", START, MAIL);
    for (unsigned i = 0; i < 600; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "C: RCPT TO:<u%u@d.example>\n", i);
    }
    for (unsigned i = 0; i < 600; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "S: 250 ok\n");
    }
    const struct session_config config = {.protocol = PROTOCOL_SMTP};
    transcript_run(&t, &config, text, 0);
    assert_string_equal(t.findings, "");
    assert_int_equal(t.session.as.smtp.recipients, 600);
    assert_int_equal(t.session.as.smtp.pending_count, 0);
    transcript_fini(&t);
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX] = {
        cmocka_unit_test(tells_what_is_offered),
        cmocka_unit_test(numbers_commands),
        cmocka_unit_test(waits_when_too_many_commands_are_open),
    };
    size_t count = TABLE_ADD(tests, 3, rows, check_row);
    return table_run("session/smtp", tests, count);
}
