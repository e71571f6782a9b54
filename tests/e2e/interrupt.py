#!/usr/bin/env python3
"""Ctrl-C and SIGTERM end a run in a moment; the reports are written, the exit code is 130."""
import signal

import libserver as server
from libcheck import Run, expect, failures, finish, require_check

require_check()
for name, number in (("SIGINT", signal.SIGINT), ("SIGTERM", signal.SIGTERM)):
    for fault in ("nothing", "silent server"):
        act = server.at("command", server.silent, 1) if fault != "nothing" else lambda *_: False
        with server.Server("imap", act) as slow:
            run = Run(["check", "imap://alice@127.0.0.1:%d" % slow.port, "--secret", "alice=@env:E2E_PASSWORD",
                       "--time-scale", "20"], 30, env={"E2E_PASSWORD": "do-not-print-me"}, signal_after=(0.4, number, slow))
            # A server that answers at once may be done before the signal comes.
            expect("%s, %s" % (name, fault), run, (130,) if fault != "nothing" else (0, 1, 4, 130))
            if run.code == 130 and run.seconds > 8:
                failures.append(name)
                print("    took %.1f s to stop" % run.seconds)
finish()
