#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The misbehaviour of the built-in server that testers of clients ask for, as it is typed."""
import os
import socket
import subprocess
import sys
import time

POSTEL = os.environ.get("POSTEL", "")
if not os.access(POSTEL, os.X_OK):
    sys.exit(77)


class Server:
    """A server with these options, and a connection to one of its protocols."""

    def __init__(self, protocol, *options):
        self.process = subprocess.Popen([POSTEL, "serve", "--" + protocol, "0", *options],
                                        stdout=subprocess.PIPE, text=True)
        port = int(self.process.stdout.readline().rsplit(":", 1)[1])
        assert self.process.stdout.readline() == "ready\n"
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.data = b""

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.socket.close()
        self.process.terminate()
        assert self.process.wait(10) == 0

    def line(self):
        while b"\r\n" not in self.data:
            got = self.socket.recv(4096)
            if got == b"":
                return None
            self.data += got
        line, self.data = self.data.split(b"\r\n", 1)
        return line.decode()

    def say(self, text):
        self.socket.sendall(text.encode() + b"\r\n")
        return self.line()

    def ehlo(self):
        assert self.line().startswith("220 ")
        lines = [self.say("EHLO client.example.test")]
        while lines[-1][3] == "-":
            lines.append(self.line())
        return [line[4:] for line in lines[1:]]


with Server("smtp", "--reply", "RCPT bob@*: 451 4.7.1 later", "--reply", ".: 452 4.3.1 full",
            "--reply", "NOOP: 250 hello there") as smtp:
    smtp.ehlo()
    assert smtp.say("MAIL FROM:<a@example.test>").startswith("250 ")
    assert smtp.say("RCPT TO:<bob@example.test>") == "451 4.7.1 later"
    assert smtp.say("RCPT TO:<alice@example.test>").startswith("250 ")
    assert smtp.say("DATA").startswith("354 ")
    assert smtp.say("Subject: x\r\n\r\nx\r\n.") == "452 4.3.1 full"
    assert smtp.say("noop") == "250 hello there"

with Server("smtp", "--reply", "GREETING: 554 not today") as smtp:
    assert smtp.line() == "554 not today"

with Server("smtp", "--drop-after", "DATA") as smtp:
    smtp.ehlo()
    smtp.say("MAIL FROM:<a@example.test>")
    smtp.say("RCPT TO:<alice@example.test>")
    assert smtp.say("DATA").startswith("354 ")
    assert smtp.line() is None

with Server("smtp", "--delay", "NOOP=700ms", "--delay", "RSET=1s") as smtp:
    smtp.ehlo()
    for command, low, high in (("NOOP", 0.6, 5), ("RSET", 0.9, 5), ("HELP", 0, 0.5)):
        start = time.monotonic()
        assert smtp.say(command).startswith("2")
        assert low <= time.monotonic() - start < high, command

with Server("smtp", "--split", "1") as smtp:
    smtp.line()
    smtp.socket.sendall(b"NOOP\r\n")
    pieces = []
    while not b"".join(pieces).endswith(b"\r\n"):
        pieces.append(smtp.socket.recv(4096))
    assert len(pieces) > 3, pieces

with Server("smtp", "--hide", "PIPELINING,VRFY", "--hide", "AUTH", "--offer", "XFOO bar") as smtp:
    offered = smtp.ehlo()
    assert "XFOO bar" in offered and "8BITMIME" in offered, offered
    assert not any(line.startswith(("PIPELINING", "VRFY", "AUTH")) for line in offered), offered

with Server("pop3", "--reply", "USER bob*: -ERR [SYS/TEMP] later", "--hide", "UIDL", "--offer",
            "XFOO") as pop3:
    assert pop3.line().startswith("+OK ")
    assert pop3.say("USER bob") == "-ERR [SYS/TEMP] later"
    assert pop3.say("USER alice").startswith("+OK ")
    lines = [pop3.say("CAPA")]
    while lines[-1] != ".":
        lines.append(pop3.line())
    assert "XFOO" in lines and "UIDL" not in lines, lines

with Server("lmtp", "--drop-after", "GREETING") as lmtp:
    assert lmtp.line().startswith("220 ")
    assert lmtp.line() is None

with Server("imap", "--reply", "LOGIN bob*: NO [UNAVAILABLE] later", "--hide", "IDLE", "--offer",
            "XFOO") as imap:
    greeting = imap.line()
    assert greeting.startswith("* OK "), greeting
    assert imap.say("a LOGIN bob secret2") == "a NO [UNAVAILABLE] later"
    line = imap.say("b CAPABILITY")
    assert " XFOO" in line and " IDLE" not in line, line
    assert imap.line().startswith("b OK ")
    assert imap.say("c LOGIN alice secret1").startswith("c OK ")

with Server("imap", "--reply", "GREETING: BYE not today", "--drop-after", "GREETING") as imap:
    assert imap.line() == "* BYE not today"
    assert imap.line() is None

with Server("imap", "--reply", "FETCH: * BYE gone", "--drop-after", "FETCH",
            "--delay", "NOOP=500ms", "--split", "3") as imap:
    imap.line()
    assert imap.say("a LOGIN alice secret1").startswith("a OK ")
    line = imap.say("b SELECT INBOX")
    while not line.startswith("b OK "):
        line = imap.line()
    start = time.monotonic()
    assert imap.say("c NOOP").startswith("c OK ")
    assert time.monotonic() - start >= 0.4
    # What is written as untagged is all that comes.
    assert imap.say("d FETCH 1 FLAGS") == "* BYE gone"
    assert imap.line() is None

# One client too many is told so, and is not in the way of the next.
with Server("smtp", "--max-connections", "1") as smtp:
    assert smtp.line().startswith("220 ")
    port = smtp.socket.getpeername()[1]
    with socket.create_connection(("127.0.0.1", port), timeout=10) as refused:
        assert refused.makefile("rb").read() == b"421 mail.example.test Too many connections\r\n"
        smtp.socket.close()
        end = time.monotonic() + 5
        greeting = b"421"
        while greeting.startswith(b"421") and time.monotonic() < end:
            smtp.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
            greeting = smtp.socket.recv(4096)
        assert greeting.startswith(b"220 "), greeting

# Who is connected when it ends is told so.
for protocol, farewell in (("imap", "* BYE The server shuts down"), ("smtp", "421 4.3.2 mail.example.test Shutting down, closing")):
    server = Server(protocol)
    assert server.line() is not None
    server.process.terminate()
    assert server.line() == farewell
    assert server.line() is None
    server.socket.close()
    assert server.process.wait(10) == 0

# An answer of several lines.
with Server("smtp", "--reply", "EHLO: 250-mail.example.test\r\n250 SIZE 10") as smtp:
    assert smtp.ehlo() == ["SIZE 10"]

with Server("pop3", "--reply", "GREETING: -ERR [SYS/TEMP] busy", "--drop-after", "GREETING") as pop3:
    assert pop3.line() == "-ERR [SYS/TEMP] busy"
    assert pop3.line() is None

with Server("pop3", "--reply", "PASS: -ERR [IN-USE] locked", "--delay", "CAPA=500ms", "--drop-after", "CAPA") as pop3:
    pop3.line()
    assert pop3.say("USER alice").startswith("+OK ")
    assert pop3.say("PASS secret1") == "-ERR [IN-USE] locked"
    start = time.monotonic()
    line = pop3.say("CAPA")
    assert time.monotonic() - start >= 0.4
    while line != ".":
        line = pop3.line()
    assert pop3.line() is None

with Server("lmtp", "--reply", "RCPT bob@*: 550 5.1.1 no", "--reply", ".: 452 4.2.2 full") as lmtp:
    lmtp.line()
    line = lmtp.say("LHLO client.example.test")
    while line[3] == "-":
        line = lmtp.line()
    lmtp.say("MAIL FROM:<a@b.example>")
    assert lmtp.say("RCPT TO:<bob@example.test>") == "550 5.1.1 no"
    assert lmtp.say("RCPT TO:<alice@example.test>").startswith("250 ")
    assert lmtp.say("RCPT TO:<alice@example.test>").startswith("250 ")
    assert lmtp.say("DATA").startswith("354 ")
    # One for each recipient (RFC 2033 section 4.2).
    assert lmtp.say("Subject: x\r\n\r\nx\r\n.") == "452 4.2.2 full"
    assert lmtp.line() == "452 4.2.2 full"
    assert lmtp.say("NOOP").startswith("250 ")
