#!/usr/bin/env python3
"""What postel trace --cut writes finds the same rule again, over the three protocols: a client talks through
the proxy to the built-in server with one fault; the scenario fails with that fault and passes without it.
POSTEL names the program."""
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile

SMTP = ["EHLO client.example.test", "MAIL FROM:<a@example.test>", "RCPT TO:<alice@example.test>", "DATA",
        "Subject: x\r\n\r\nhello\r\n.", "QUIT"]
POP3 = ["USER alice", "PASS secret1", "STAT", "LIST", "UIDL", "RETR 1", "DELE 9", "QUIT"]
IMAP = ["a LOGIN alice secret1", "b SELECT INBOX", "c FETCH 1 (UID RFC822.SIZE BODY.PEEK[])", "d STATUS INBOX (MESSAGES)",
        "e LIST \"\" *", "f SEARCH ALL", "g LOGOUT"]
# protocol, fault, the rule that the judge finds, what the client says
FAULTS = [("smtp", "smtp.rcpt-code", "smtp.reply-unlisted", SMTP),
          ("smtp", "smtp.enhanced-missing", "smtp.status-missing", SMTP),
          ("smtp", "smtp.ehlo-codes-differ", "smtp.reply-codes-differ", SMTP),
          ("smtp", "smtp.quit-code", "smtp.quit-reply", SMTP),
          ("smtp", "smtp.greeting-domain", "smtp.greeting", SMTP),
          ("pop3", "pop3.stat-two-spaces", "pop3.drop-listing", POP3),
          ("pop3", "pop3.uidl-space", "pop3.unique-id-listing", POP3),
          ("pop3", "pop3.missing-accepted", "pop3.no-such-message", POP3),
          ("pop3", "pop3.list-size", "pop3.message-size", POP3),
          ("imap", "imap.line-lf", "imap.bare-lf", IMAP),
          ("imap", "imap.list-delimiter", "imap.delimiter", IMAP),
          ("imap", "imap.size-off", "imap.fetch-size", IMAP),
          ("imap", "imap.greeting-untagged", "imap.greeting", IMAP)]
MBOX = "From a@example.test Thu Jan  1 00:00:00 2026\nFrom: a@example.test\nSubject: x\n\nhello\n"


class Server:
    """postel serve with a fault, or without one."""

    def __init__(self, postel, protocol, folder, fault):
        target = os.path.join(folder, f"{fault or 'none'}.ini")
        mbox = os.path.join(folder, "mbox")
        with open(mbox, "w", encoding="ascii") as file:
            file.write(MBOX)
        self.target = target
        self.process = subprocess.Popen(
            [postel, "serve", f"--{protocol}", "0", "--mbox", mbox, "--target", target]
            + (["--fault", fault] if fault else []), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.port = 0
        for line in self.process.stdout:
            found = re.search(r":(\d+)", line)
            self.port = int(found.group(1)) if found else self.port
            if line.startswith("ready"):
                break

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)


def talk(port, lines):
    """Says each line when the server has been silent for a moment."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as sock:
        sock.settimeout(0.3)
        for line in [None] + lines:
            if line is not None:
                sock.sendall(line.encode() + b"\r\n")
            try:
                while sock.recv(65536):
                    pass
                return
            except TimeoutError:
                pass


def cut(postel, protocol, port, folder, lines):
    """The scenarios that a conversation through the proxy leaves."""
    with subprocess.Popen([postel, "trace", "--listen", "0", "--cut", folder, f"{protocol}://127.0.0.1:{port}"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as proxy:
        talk(int(re.search(r":(\d+) ", proxy.stdout.readline()).group(1)), lines)
        proxy.send_signal(signal.SIGINT)
        told = proxy.stdout.read()
        proxy.wait(20)
    return told, sorted(name for name in os.listdir(folder) if name.endswith(".scn"))


def check(postel, target, scenario):
    return subprocess.run([postel, "check", "-t", target, scenario], check=False, capture_output=True, text=True,
                          timeout=60)


def reproduces(postel, protocol, fault, rule, lines):
    with tempfile.TemporaryDirectory() as folder:
        with Server(postel, protocol, folder, fault) as faulty:
            told, names = cut(postel, protocol, faulty.port, folder, lines)
            mine = [name for name in names if name.startswith(rule + "-")]
            if not mine:
                return f"no scenario of {rule} in {names}: {told}"
            scenario = os.path.join(folder, mine[0])
            broken = check(postel, faulty.target, scenario)
        with Server(postel, protocol, folder, None) as sound:
            mended = check(postel, sound.target, scenario)
        with open(scenario, encoding="utf-8") as file:
            text = file.read()
    if broken.returncode not in (0, 1) or rule not in broken.stdout:
        return f"not found again, exit {broken.returncode}: {broken.stdout}{broken.stderr}{text}"
    if mended.returncode != 0 or rule in mended.stdout:
        return f"found without the fault, exit {mended.returncode}: {mended.stdout}{mended.stderr}{text}"
    return "a password is in it" if "secret1" in text else None


def main():
    postel = os.environ.get("POSTEL", "")
    if not os.access(postel, os.X_OK):
        sys.exit(77)
    failed = 0
    for protocol, fault, rule, lines in FAULTS:
        problem = reproduces(postel, protocol, fault, rule, lines)
        if problem:
            failed += 1
            print(f"{fault}: {problem}")
    print(f"{len(FAULTS) - failed} of {len(FAULTS)} faults are found again by what was cut")
    return failed > 0


sys.exit(main())
