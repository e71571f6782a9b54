#!/usr/bin/env python3
"""postel fuzz finds nothing in the built-in server, finds what planted faults break in it, makes that
small, writes scenarios that show it again, and ends in good order. POSTEL names the program."""
import glob
import os
import re
import signal
import subprocess
import sys
import tempfile

POSTEL = os.environ.get("POSTEL", "")
failures = []


def expect(condition, text, output=""):
    if not condition:
        failures.append(text)
        print(f"FAIL {text}\n{output}", file=sys.stderr)


class Served:
    """The built-in server; its target file is .target."""

    def __init__(self, folder, *options):
        self.target = os.path.join(folder, "target.ini")
        doors = [word for name in ("smtp", "lmtp", "pop3", "imap")
                 for word in (f"--{name}", "127.0.0.1:0")]
        self.process = subprocess.Popen([POSTEL, "serve", "--target", self.target, *doors, *options],
                                        stdout=subprocess.PIPE, text=True)
        while self.process.stdout.readline().strip() not in ("ready", ""):
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


def run(*words):
    done = subprocess.run([POSTEL, *words], check=False, capture_output=True, text=True, timeout=600)
    return done.returncode, done.stdout + done.stderr


def finds_nothing(folder):
    with Served(folder) as served:
        out = os.path.join(folder, "none")
        code, text = run("fuzz", "-t", served.target, "--time", "15", "--seed", "5", "--out", out)
        expect(code == 0, "nothing is found in the correct server", text)
        expect(os.listdir(out) == [], "no scenario is written", text)
        total = re.search(r"(\d+) programs, (\d+) lines, (\d+) different answers, 0 findings", text)
        expect(total and int(total[1]) > 50 and int(total[3]) > 50, "it said and heard a lot", text)


def finds_fault(folder, fault, rule, most):
    """A fault that only the fuzzer's lines show: the scenario has at most so many of them."""
    with Served(folder, "--fault", fault) as served:
        out = os.path.join(folder, fault)
        code, text = run("fuzz", "-t", served.target, "--time", "240", "--max-failures", "1", "--seed", "5",
                         "--out", out)
        expect(code == 1, f"{fault}: it is found", text)
        files = glob.glob(os.path.join(out, f"{rule}.scn"))
        expect(len(files) == 1, f"{fault}: a scenario for {rule}", text)
        for file in files:
            with open(file, encoding="utf-8") as stream:
                lines = stream.read().count("C[free]")
            expect(0 < lines <= most, f"{fault}: {lines} lines are left", text)
            code, text = run("check", "-t", served.target, file)
            expect(code == 1 and rule in text, f"{fault}: check shows it again", text)
    with Served(folder) as served:
        for file in files:
            code, text = run("check", "-t", served.target, file)
            expect(code == 0, f"{fault}: the correct server passes", text)


def ends_well(folder):
    with Served(folder) as served:
        with subprocess.Popen([POSTEL, "fuzz", "-t", served.target, "--time", "300", "--out", folder],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as fuzzer:
            first = fuzzer.stderr.readline()
            fuzzer.send_signal(signal.SIGINT)
            text, _ = fuzzer.communicate(timeout=60)
        expect("programs" in first, "progress is told", first)
        expect(fuzzer.returncode == 130, f"Ctrl-C: exit {fuzzer.returncode}", text)
        expect("different answers" in text, "Ctrl-C: the sums are told", text)
    with Served(folder) as served:
        with subprocess.Popen([POSTEL, "fuzz", "-t", served.target, "--time", "300", "--out", folder],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as fuzzer:
            fuzzer.stderr.readline()
            served.process.kill()
            text, _ = fuzzer.communicate(timeout=120)
        expect(fuzzer.returncode == 1 and "the server is gone" in text, f"it dies: exit {fuzzer.returncode}", text)
    code, text = run("fuzz", "-t", served.target, "--time", "5")
    expect(code == 4 and "refused" in text, f"nobody listens: exit {code}", text)
    code, text = run("fuzz", "-t", served.target, "--time", "soon")
    expect(code == 2 and "--time" in text, "a bad time", text)
    code, text = run("fuzz")
    expect(code == 2, "no target", text)


def main():
    if not os.access(POSTEL, os.X_OK):
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        finds_nothing(folder)
        finds_fault(folder, "imap.partial-long", "imap.fetch-partial-long", 1)
        finds_fault(folder, "pop3.stat-two-spaces", "pop3.drop-listing", 1)
        ends_well(folder)
    sys.exit(1 if failures else 0)


main()
