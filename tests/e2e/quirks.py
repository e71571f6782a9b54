#!/usr/bin/env python3
"""Known servers are recognised by what they say or do wrong, and not elsewhere. POSTEL names the program."""
import os
import re
import subprocess
import sys

IMAP = "S: * OK [CAPABILITY IMAP4rev1{caps}] {greeting}\nC: a LOGIN b c\nS: a OK in\n"
SELECTED = ("C: b SELECT INBOX\nS: * 3 EXISTS\nS: * 0 RECENT\n"
            "S: * FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\nS: * OK [PERMANENTFLAGS ()] x\n"
            "S: * OK [UIDVALIDITY 1] x\nS: * OK [UIDNEXT 9] x\nS: b OK [READ-WRITE] x\n")
EHLO = "S: 220 mx.example.test ESMTP\nC: EHLO c.example.test\nS: 250 mx.example.test\n"
POP3 = "S: +OK {greeting}\nC: USER a\nS: +OK\nC: PASS b\nS: +OK\n"


def imap(greeting, *lines, caps=""):
    return IMAP.format(greeting=greeting, caps=caps) + "".join(line + "\n" for line in lines)


def fetch(greeting, items, data, caps=""):
    return IMAP.format(greeting=greeting, caps=caps) + SELECTED + f"C: c FETCH 1 {items}\nS: * 1 FETCH ({data})\nS: c OK x\n"


def smtp(*lines):
    return EHLO + "".join(line + "\n" for line in lines)


def pop3(greeting, *lines):
    return POP3.format(greeting=greeting) + "".join(line + "\n" for line in lines)


BODY = '("text" "plain" NIL NIL NIL "7bit" 1 1'
CASES = {
    "exchange.disposition": fetch("The Microsoft Exchange IMAP4 service is ready.", "BODYSTRUCTURE",
                                  f'BODYSTRUCTURE {BODY} NIL "inline")'),
    "exchange.media-type-nil": fetch("The Microsoft Exchange IMAP4 service is ready.", "BODY",
                                     'BODY (NIL NIL NIL NIL NIL "7bit" 1)'),
    "exchange.size-negative": fetch("The Microsoft Exchange IMAP4 service is ready.", "RFC822.SIZE",
                                    "RFC822.SIZE -1"),
    "exchange.ntlm-ok": "S: +OK Microsoft Exchange Server 2003 POP3 server ready.\nC: AUTH NTLM\nS: +OK\n"
                        "C: TlRMTVNTUAABAAAA\nS: -ERR no\n",
    "exchange.bare-lf": smtp("C: MAIL FROM:<a@example.test>\nS: 550 5.6.11 SMTPSEND.BareLinefeedsAreIllegal"),
    "gmail.keyword": fetch("Gimap ready for requests", "FLAGS", "FLAGS (\\Seen a]b)"),
    "gmail.syntax-555": smtp("C: MAIL FROM:<a@example.test>", "S: 555 5.5.2 Syntax error, goodbye."),
    "qq.descending": imap("QQMail XMIMAP4Server ready", "C: b NOOP", "S: b BAD Sequence set is inavlid!"),
    "netease.unsafe-login": imap("Coremail System IMap Server Ready", "C: b SELECT INBOX",
                                 "S: b NO SELECT Unsafe Login. Please contact kefu"),
    "yahoo.search-space": imap("IMAP4rev1 imapgate yahoo ready", SELECTED + "C: c SEARCH ALL", "S: * SEARCH 1 2 ",
                               "S: c OK x"),
    "yahoo.private": imap("ready", "C: b CAPABILITY", "S: * CAPABILITY IMAP4rev1 XYMHIGHESTMODSEQ", "S: b OK x"),
    "mailru.float": fetch("Welcome to mail.ru", "RFC822.SIZE", "RFC822.SIZE 1.8e+06"),
    "yandex.continue": imap("Yandex IMAP4rev1 at host ready", "C: b AUTHENTICATE LOGIN", "S: +", "C: *",
                            "S: b BAD x"),
    "zoho.modseq": fetch("Zoho Mail IMAP4rev1 Server ready", "MODSEQ", "MODSEQ (0)", caps=" CONDSTORE"),
    "icloud.private": imap("ready", "C: b CAPABILITY", "S: * CAPABILITY IMAP4rev1 XAPPLEPUSHSERVICE", "S: b OK x"),
    "domino.parentheses": fetch("Domino IMAP4 Server Release 9 ready", "(FLAGS UID)", "FLAGS ()  UID 8"),
    "courier.message-zero": imap("Courier-IMAP ready", SELECTED + "C: c NOOP", "S: * 0 FETCH (FLAGS ())", "S: c OK x"),
    "dovecot.keyword": fetch("Dovecot ready.", "FLAGS", "FLAGS (\\Seen a%b)"),
    "davmail.keepalive": imap("IMAP4rev1 DavMail server ready", SELECTED.replace("* 3 EXISTS", "*  3 EXISTS")),
    "cyrus.retr-end": pop3("Cyrus POP3 Murder ready", "C: LIST", "S: +OK", "S: 1 20", "C: NOOP", "S: +OK"),
    "sendmail.timeout-421": smtp("S: 421 4.4.1 mx.example.test Lost input channel"),
    "smtp.helo-name": "S: 220 mx.example.test ESMTP\nC: EHLO [1.2.3]\nS: 501 Syntactically invalid EHLO argument(s)\n",
    "smtp.colon-space": smtp("C: MAIL FROM: <a@example.test>", "S: 501 no"),
    "yandex.334": "S: 220 mx.example.test\nC: EHLO c.example.test\nS: 250-mx.example.test\nS: 250 AUTH PLAIN\n"
                           "C: AUTH PLAIN\nS: 334\nC: AGEAYg==\nS: 235 ok\n",
    "pop3.plus-err": pop3("ready", "C: STAT", "S: +ERR no mailbox"),
    "pop3.spaces": pop3("ready", "C: STAT", "S: +OK  2 300"),
    "any.smtp-on-this-port": "S: 220 mx.example.test ESMTP\nC: a CAPABILITY\nS: 500 what\nC: b LOGIN x y\n",
}
# What resembles them and is right
SOUND = [smtp("C: NOOP", "S: 250 ok"), imap("Dovecot ready."), pop3("Microsoft Exchange ready", "C: STAT", "S: +OK 0 0"),
         fetch("Gimap ready for requests", "FLAGS", "FLAGS (\\Seen Junk)")]


def hints(postel, text):
    done = subprocess.run([postel, "judge", "-"], input=text, capture_output=True, text=True, check=False, timeout=60)
    return set(re.findall(r"hint \(([a-z0-9.-]+),", done.stdout)), done.stdout + done.stderr


def main():
    postel = os.environ.get("POSTEL", "")
    if not os.access(postel, os.X_OK):
        sys.exit(77)
    failed = 0
    for quirk, text in CASES.items():
        found, told = hints(postel, text)
        if quirk not in found:
            failed += 1
            print(f"{quirk}: not recognised, but {sorted(found)}:\n{told}")
    for text in SOUND:
        found, told = hints(postel, text)
        if found:
            failed += 1
            print(f"{sorted(found)} in what is right:\n{told}")
    print(f"{len(CASES)} known behaviours and {len(SOUND)} others, {failed} wrong")
    return failed > 0


sys.exit(main())
