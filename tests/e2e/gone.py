#!/usr/bin/env python3
"""A target that dies or hangs in the middle of a run ends it within seconds: crash for the case, blocked
for the rest. One that is only busy is asked again, more slowly."""
import tempfile
import threading
import time

import libserver as server
from libcheck import Run, expect, failures, finish, require_check

CASES = 40
CASE = """@case  e2e.case%d
@req   rfc5321:4.2-1
@safe
S: 220
C: EHLO ${self}
S: 250
C: %s
S: 250
C: QUIT
S: 221
"""


def verdicts(run):
    return [r["status"] for r in run.report["results"]] if run.report else []


def want(name, run, codes, seconds, **counts):
    expect(name, run, codes)
    got = verdicts(run)
    wrong = ["%d %s, not %d" % (got.count(v), v, n) for v, n in counts.items() if got.count(v) != n]
    if run.seconds > seconds:
        wrong.append("%.0f s" % run.seconds)
    if wrong:
        print("    " + "; ".join(wrong))
        failures.append(name)


def switch(word, action):
    """A fault that does nothing until a command comes, and then holds for ever."""
    state = {"down": False}

    def fault(connection, protocol, moment, line, stop):
        if line.startswith(word):
            state["down"] = True
        return action(connection, protocol, line, stop) if state["down"] else False
    return fault


def crowded(limit):
    """Not more than so many connections at a time."""
    lock = threading.Lock()
    here = set()

    def fault(connection, _protocol, moment, _line, _stop):
        if moment != "connect":
            return False
        with lock:
            here.difference_update([c for c in here if c.fileno() < 0])
            if len(here) >= limit:
                connection.sendall(b"421 4.7.0 too many connections\r\n")
                raise server.Gone
            here.add(connection)
        time.sleep(0.02)
        return False
    return fault


require_check()
with tempfile.TemporaryDirectory() as folder:
    path = folder + "/many.scn"
    with open(path, "w", encoding="ascii") as file:
        file.write("@protocol smtp\n" + "".join(CASE % (i, "VRFY die" if i == 9 else "NOOP") for i in range(CASES)))
    plain = folder + "/plain.scn"
    with open(plain, "w", encoding="ascii") as file:
        file.write("@protocol smtp\n" + "".join(CASE % (i, "NOOP") for i in range(CASES)))
    with server.Server("smtp", switch(b"VRFY", server.die)) as bad:
        run = Run(["check", "smtp://127.0.0.1:%d" % bad.port, path, "--jobs", "1"], 60)
        want("dies", run, (1,), 10, crash=1, fail=0)
    with server.Server("smtp", switch(b"VRFY", server.silent)) as bad:
        run = Run(["check", "smtp://127.0.0.1:%d" % bad.port, path, "--jobs", "1"], 60)
        want("hangs", run, (1,), 30, crash=1, fail=0)
    with server.Server("smtp", switch(b"VRFY", server.die)) as bad:
        run = Run(["check", "smtp://127.0.0.1:%d" % bad.port, path], 60)
        want("dies among several", run, (1,), 10, crash=1)
    with server.Server("smtp", crowded(2)) as busy:
        run = Run(["check", "smtp://127.0.0.1:%d" % busy.port, plain, "--jobs", "8"], 60)
        want("has room for two", run, (0,), 40, **{"pass": CASES})
finish()
