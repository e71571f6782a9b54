#!/usr/bin/env python3
"""postel check against servers that die, stall, flood or talk noise: it ends in time, in little
memory, with a report, and with an exit code that is not ours to blame (5)."""
import libserver as server
from libcheck import Run, expect, finish, require_check

ROWS = [
    ("dies before the greeting", server.at("connect", server.die)),
    ("resets before the greeting", server.at("connect", server.reset)),
    ("dies at the first command", server.at("command", server.die)),
    ("dies at the second command", server.at("command", server.die, 1)),
    ("dies at the fourth command", server.at("command", server.die, 3)),
    ("dies in mid-line", server.at("command", server.half_line)),
    ("says nothing, no greeting", server.at("connect", server.silent)),
    ("says nothing after the greeting", server.at("command", server.silent)),
    ("greets an octet a second", server.at("connect", server.tarpit)),
    ("endless line as greeting", server.at("connect", server.endless_line)),
    ("endless line as reply", server.at("command", server.endless_line)),
    ("endless replies", server.at("command", server.endless_replies)),
    ("noise", server.at("command", server.noise)),
]
SMTP_ROWS = [
    ("dies after 354", server.at("data", server.die)),
    ("says nothing after the data", server.at("data", server.silent)),
]
IMAP_ROWS = [
    ("dies in mid-literal", server.at("command", server.mid_literal, 1)),
    ("literal of 4 GiB", server.at("command", server.huge_literal, 1)),
]
SELECT = {"smtp": ["smtp.*"], "pop3": ["pop3.*"], "imap": ["imap.*"]}

require_check()
for protocol, rows in (("smtp", ROWS + SMTP_ROWS), ("pop3", ROWS), ("imap", ROWS + IMAP_ROWS)):
    for name, fault in rows:
        with server.Server(protocol, fault) as bad:
            url = "%s://alice@127.0.0.1:%d" % (protocol, bad.port)
            run = Run(["check", url, "--secret", "alice=@env:E2E_PASSWORD", "-j", "4", "--max-failures", "4",
                       "--timeout", "2"] + SELECT[protocol], 60, env={"E2E_PASSWORD": "do-not-print-me"})
            expect("%s: %s" % (protocol, name), run, (1, 4))
finish()
