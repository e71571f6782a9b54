"""Runs postel and looks at what it did: exit code, time, memory, report."""
import json
import os
import subprocess
import sys
import tempfile
import time

POSTEL = os.environ.get("POSTEL") or "build/dev/postel"
SKIPPED = 77
failures = []


def require_check():
    """Skips the test where this build has no `postel check`."""
    if not os.path.exists(POSTEL):
        print("no postel in this build")
        sys.exit(SKIPPED)
    if b"no such command" in subprocess.run([POSTEL, "check"], capture_output=True).stderr:
        print("this postel cannot check yet")
        sys.exit(SKIPPED)


def is_sanitized():
    """AddressSanitizer's shadow counts as memory: no limit then."""
    with open(POSTEL, "rb") as file:
        return b"__asan_init" in file.read()


class Run:
    """One run of postel; ends in `seconds` or is killed and counts as hung."""

    def __init__(self, arguments, seconds, env=None, signal_after=None):
        self.folder = tempfile.TemporaryDirectory(prefix="postel-e2e-")
        self.report_file = os.path.join(self.folder.name, "report.json")
        command = [POSTEL] + arguments
        if arguments[0] == "check":
            command += ["--json", self.report_file]
        start = time.monotonic()
        with open(os.path.join(self.folder.name, "out"), "w+b") as out:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                       env=dict(os.environ, **(env or {})))
            if signal_after is not None:
                # A sanitized program takes a while to begin: the time counts from its first connection.
                while signal_after[2].connections == 0 and time.monotonic() - start < seconds / 2:
                    time.sleep(0.01)
                time.sleep(signal_after[0])
                process.send_signal(signal_after[1])
            self.hung = False
            peak = 0
            while process.poll() is None:
                try:
                    with open("/proc/%d/status" % process.pid, encoding="ascii") as status:
                        peak = max([peak] + [int(line.split()[1]) for line in status
                                             if line.startswith("VmHWM:")])
                except OSError:
                    pass
                if time.monotonic() - start > seconds:
                    self.hung = True
                    process.kill()
                time.sleep(0.01)
            out.seek(0)
            self.output = out.read().decode("utf-8", "replace")
        self.code = process.returncode
        self.seconds = time.monotonic() - start
        self.mebibytes = peak / 1024
        try:
            with open(self.report_file, encoding="utf-8") as file:
                self.report = json.load(file)
        except (OSError, ValueError):
            self.report = None


def expect(name, run, codes, report=True, mebibytes=64, contains=()):
    """Prints the row; notes what is wrong with it."""
    wrong = []
    if run.hung:
        wrong.append("hung")
    elif run.code not in codes:
        wrong.append("exit code %s, not %s" % (run.code, codes))
    if report and run.report is None:
        wrong.append("no JSON report")
    if mebibytes and not is_sanitized() and run.mebibytes > mebibytes:
        wrong.append("%.0f MiB of memory" % run.mebibytes)
    for text in contains:
        if text not in run.output:
            wrong.append("says nothing of '%s'" % text)
    if "do-not-print-me" in run.output:
        wrong.append("prints a password")
    if any(ord(c) < 32 and c not in "\n\t\x1b" for c in run.output):
        wrong.append("prints control characters")
    print("%-42s %s  exit %s  %.1f s  %.0f MiB%s" % (name, "FAIL" if wrong else "ok  ", run.code, run.seconds,
                                                     run.mebibytes, "  " + "; ".join(wrong) if wrong else ""),
          flush=True)
    if wrong:
        failures.append(name)
        print("    " + "\n    ".join(run.output.splitlines()[-15:]), flush=True)


def finish():
    print("%d failures" % len(failures))
    sys.exit(bool(failures))
