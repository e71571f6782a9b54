#!/usr/bin/env python3
"""Forms of the scenario language against the built-in server: each case has the verdict that its name
begins with."""
import subprocess
import tempfile

from libcheck import POSTEL, Run, expect, failures, finish, require_check

IMAP = """@protocol imap
@include "common/imap.scn"
@needs user alice
@writes

"""
CASES = {
    "pass.seq": (IMAP, """@fixture mailbox box with 3 messages
@connect a imap as alice
@connect b imap as alice
@use login(a)
@use select(a, ${box})
@use login(b)
@use select(b, ${box})
a.C: a1 FETCH 1:3 (UID)
a.S: * 1 FETCH (UID $(u1))
a.S: * 2 FETCH (UID $(u2))
a.S: * 3 FETCH (UID $(u3))
a.S: a1 OK
b.C: b1 FETCH 1:3 (UID)
b.S: * 3 FETCH (UID ${u3})
b.S: b1 OK
a.C: a2 STORE ${seq u1} +FLAGS.SILENT (\\Deleted)
a.S: a2 OK
a.C: a3 EXPUNGE
a.S: * ${seq u1} EXPUNGE
a.S: a3 OK
a.C: a4 FETCH ${seq u3} (UID)
a.S: * 2 FETCH (UID ${u3})
a.S: a4 OK
b.C: b2 FETCH ${seq u3} (FLAGS)
b.S: * 3 FETCH (FLAGS ())
b.S: b2 OK
"""),
    "error.seq-of-nothing": (IMAP, """@fixture mailbox box with 1 messages
@connect a imap as alice
@use login(a)
@use select(a, ${box})
a.C: a1 FETCH 1 (UID)
a.S: * 1 FETCH (UID $(u1))
a.S: a1 OK
a.C: a2 STORE 1 +FLAGS.SILENT (\\Deleted)
a.S: a2 OK
a.C: a3 EXPUNGE
a.S: * 1 EXPUNGE
a.S: a3 OK
a.C: a4 FETCH ${seq u1} (FLAGS)
a.S: a4 OK
"""),
    "pass.only": (IMAP, """@fixture mailbox box with 2 messages
@connect a imap as alice
@use login(a)
@use select(a, ${box})
a.C: a1 FETCH 1:2 (UID)
@only
a.S: * 1 FETCH (UID _)
a.S: * 2 FETCH (UID _)
a.S: a1 OK
"""),
    "fail.only": (IMAP, """@fixture mailbox box with 2 messages
@connect a imap as alice
@use login(a)
@use select(a, ${box})
a.C: a1 FETCH 1:2 (UID)
@only
a.S: * 1 FETCH (UID _)
a.S: a1 OK
"""),
    "pass.only-ends": (IMAP, """@fixture mailbox box with 2 messages
@connect a imap as alice
@use login(a)
@use select(a, ${box})
a.C: a1 NOOP
@only
a.S: a1 OK
a.C: a2 FETCH 1:2 (UID)
a.S: * 1 FETCH (UID _)
a.S: a2 OK
"""),
    "pass.cert": (IMAP, """@use starttls()
   cert valid-for localhost
   cert valid-for 127.0.0.1
   cert valid-for ${host}
   version >= 1.2
@use logout()
"""),
    "fail.cert": (IMAP, """@connect c imap
c.S: * OK
c.C: t1 STARTTLS
c.S: t1 OK
c.C: <tls>
   cert valid-for elsewhere.example
"""),
    "pass.port": (IMAP, """@use login()
C: a1 ID ("x" "${host}:${port}")
S: a1 OK
C: a2 NOOP
S: a2 OK
@use logout()
"""),
    "pass.pairs": (IMAP, """@param a in 1 2 3
@param b in 1 2 3
@param c in 1 2 3
@pairwise
@use login()
C: x${a}${b}${c} NOOP
S: x${a}${b}${c} OK
@use logout()
"""),
}

require_check()
with tempfile.TemporaryDirectory() as folder:
    server = subprocess.Popen([POSTEL, "serve", "--imap", "0", "--tls", "--save-ca", folder + "/ca.pem", "--target",
                               folder + "/target.ini"], stdout=subprocess.PIPE, text=True)
    for line in server.stdout:
        if line.startswith("ready"):
            break
    for name, (head, steps) in CASES.items():
        steps = steps.replace("@use starttls()\n   ", "S: * OK\nC: t1 STARTTLS\nS: t1 OK\nC: <tls>\n   ")
        with open(folder + "/case.scn", "w", encoding="ascii") as file:
            file.write(head + "@case  e2e.%s\n@req   rfc3501:6.1.1-2\n" % name + steps)
        run = Run(["check", "-t", folder + "/target.ini", folder + "/case.scn"], 30)
        verdict = name.split(".")[0]
        expect(name, run, {"pass": (0,), "fail": (1,), "error": (4,)}[verdict])
        got = [r["status"] for r in run.report["results"]] if run.report else []
        if set(got) != {verdict} or (name == "pass.pairs" and not 9 <= len(got) <= 12):
            print("    %s" % got)
            failures.append(name)
    server.terminate()
    server.wait()
finish()
