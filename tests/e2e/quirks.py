#!/usr/bin/env python3
"""Each record of trace/quirks is recognised in what such a server says (tests/vectors/quirks), and none in what
resembles it and is right. POSTEL names the program."""
import glob
import os
import re
import sys

sys.path.insert(0, "tests")
from vectors import cases, judge, marks  # noqa: E402  (tests/ is not a package)

IMAP = ["S: * OK {}", "C: a LOGIN b c", "S: a OK in"]
SELECTED = ["C: b SELECT INBOX", "S: * 3 EXISTS", "S: * 0 RECENT", "S: * FLAGS (\\Deleted \\Seen Junk)",
            "S: * OK [PERMANENTFLAGS ()] x", "S: * OK [UIDVALIDITY 1] x", "S: * OK [UIDNEXT 9] x",
            "S: b OK [READ-WRITE] x"]
# What resembles a record and is right
SOUND = [["S: 220 mx.example.test ESMTP", "C: EHLO c.example.test", "S: 250 mx.example.test", "C: NOOP", "S: 250 ok"],
         [line.format("Dovecot ready.") for line in IMAP],
         ["S: +OK Microsoft Exchange ready", "C: USER a", "S: +OK", "C: PASS b", "S: +OK", "C: STAT", "S: +OK 0 0"],
         [line.format("Gimap ready for requests") for line in IMAP] + SELECTED +
         ["C: c FETCH 1 FLAGS", "S: * 1 FETCH (FLAGS (\\Seen Junk))", "S: c OK x"]]


def records():
    for path in sorted(glob.glob("trace/quirks/*.quirk")):
        with open(path, encoding="utf-8") as file:
            yield from re.findall(r"^quirk (\S+)$", file.read(), re.M)


def hints(postel, lines):
    told = judge(postel, lines)
    return set(re.findall(r"hint \(([a-z0-9.-]+),", told)), told


def main():
    postel = os.environ.get("POSTEL", "")
    if not os.access(postel, os.X_OK):
        sys.exit(77)
    known = list(records())
    missing = set(known)
    failed = 0
    for path in sorted(glob.glob("tests/vectors/quirks/*.vec")):
        for name, first, lines in cases(path):
            # "exchange.disposition-nil" is one more example of "exchange.disposition".
            quirk = max((k for k in known if name == k or name.startswith(k + "-")), key=len, default=None)
            found, told = hints(postel, marks(lines)[0])
            if quirk is None or quirk not in found:
                failed += 1
                print(f"{path}:{first}: {name}: not recognised, but {sorted(found)}:\n{told}")
            missing.discard(quirk)
    for quirk in sorted(missing):
        failed += 1
        print(f"{quirk}: no example in tests/vectors/quirks")
    for lines in SOUND:
        found, told = hints(postel, lines)
        if found:
            failed += 1
            print(f"{sorted(found)} in what is right:\n{told}")
    print(f"{len(known)} known behaviours and {len(SOUND)} others, {failed} wrong")
    return failed > 0


sys.exit(main())
