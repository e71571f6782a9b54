#!/usr/bin/env python3
"""postel check against servers that die, stall, flood or talk noise: it ends in time, in little
memory, with a report, and with the exit code of the manual: 4 where no conversation came about, 1 where
one was broken."""
import subprocess

import libserver as server
from libcheck import POSTEL, Run, expect, finish, require_check

ROWS = [
    ("dies before the greeting", server.at("connect", server.die), 4),
    ("resets before the greeting", server.at("connect", server.reset), 4),
    ("dies at the first command", server.at("command", server.die), 1),
    ("dies at the second command", server.at("command", server.die, 1), 1),
    ("dies at the fourth command", server.at("command", server.die, 3), 1),
    ("dies in mid-line", server.at("command", server.half_line), 1),
    ("says nothing, no greeting", server.at("connect", server.silent), 4),
    ("says nothing after the greeting", server.at("command", server.silent), 1),
    ("greets an octet a second", server.at("connect", server.tarpit), 4),
    ("endless line as reply", server.at("command", server.endless_line), 1),
    ("endless replies", server.at("command", server.endless_replies), 1),
    ("greets with what is no greeting", server.at("connect", server.misgreet), 1),
    ("greets with a refusal", server.at("connect", server.refuse), 4),
    ("noise", server.at("command", server.noise), 1),
]
ENDLESS_GREETING = ("endless line as greeting", server.at("connect", server.endless_line), 1)
SMTP_ROWS = [
    ENDLESS_GREETING,
    ("dies after 354", server.at("data", server.die), 1),
    ("says nothing after the data", server.at("data", server.silent), 1),
]
POP3_ROWS = [ENDLESS_GREETING]
IMAP_ROWS = [
    ENDLESS_GREETING,
    ("dies in mid-literal", server.at("command", server.mid_literal, 1), 1),
    ("literal of 4 GiB", server.at("command", server.huge_literal, 1), 1),
]
SELECT = {"smtp": ["smtp.*"], "pop3": ["pop3.*"], "imap": ["imap.*"]}

require_check()
for protocol, rows in (("smtp", ROWS + SMTP_ROWS), ("pop3", ROWS + POP3_ROWS), ("imap", ROWS + IMAP_ROWS)):
    for name, fault, code in rows:
        with server.Server(protocol, fault) as bad:
            url = "%s://alice@127.0.0.1:%d" % (protocol, bad.port)
            run = Run(["check", url, "--secret", "alice=@env:E2E_PASSWORD", "-j", "4", "--max-failures", "4",
                       "--timeout", "2"] + SELECT[protocol], 60, env={"E2E_PASSWORD": "do-not-print-me"})
            expect("%s: %s" % (protocol, name), run, (code,))



def delayed(name, protocol, delay, words, code, contains):
    """The built-in server, which is late with the reply to one command."""
    with subprocess.Popen([POSTEL, "serve", "--" + protocol, "0", "--user", "alice:do-not-print-me", "--delay", delay],
                          stdout=subprocess.PIPE, text=True) as late:
        url = "%s://alice@%s" % (protocol, late.stdout.readline().split()[1])
        run = Run(["check", url, "--secret", "alice=@env:E2E_PASSWORD"] + words, 60,
                  env={"E2E_PASSWORD": "do-not-print-me"})
        expect("%s: %s" % (protocol, name), run, (code,), contains=contains)
        late.terminate()


# Slow is not silent: a reply that comes late in the second try was no failure.
delayed("answers late", "smtp", "NOOP=6s", ["smtp.noop"], 0, ["0 fail"])
# What each case begins with is waited for a few times only.
delayed("never answers LOGIN", "imap", "LOGIN=1000s", ["--timeout", "1", "imap.*"], 1,
        ["the login of alice is not answered in time"])
delayed("never answers PASS", "pop3", "PASS=1000s", ["--timeout", "1", "pop3.*"], 1,
        ["the login of alice is not answered in time"])
delayed("never answers APPEND", "imap", "APPEND=1000s", ["--timeout", "1", "imap.fetch.*"], 4,
        ["no mailbox could be made for 8 cases in a row: no reply"])
finish()
