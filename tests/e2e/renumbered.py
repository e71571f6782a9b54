#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A POP3 server that numbers messages in another order than IMAP (RFC 1939 section 4 says none) breaks
nothing where it does so now and then; one that always gives another message than asked for does."""
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading

POSTEL = os.environ.get("POSTEL", "")
if not os.access(POSTEL, os.X_OK):
    sys.exit(77)


class Swapping:
    """Stands before a POP3 server, and takes 1 for 2 and 2 for 1 in so many sessions that log in."""

    def __init__(self, port, sessions):
        self.port, self.sessions, self.lock = port, sessions, threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client = self.listener.accept()[0]
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with client, socket.create_connection(("127.0.0.1", self.port)) as server:
            threading.Thread(target=self.back, args=(server, client), daemon=True).start()
            swaps = False
            for line in client.makefile("rb"):
                if re.match(rb"RETR \d", line):
                    with self.lock:
                        swaps = swaps or self.sessions > 0
                        self.sessions -= 1
                number = {b"1": b"2", b"2": b"1"}
                if swaps:
                    line = re.sub(rb"^(RETR|TOP|LIST|UIDL) ([12])\b", lambda m: m[1] + b" " + number[m[2]], line)
                server.sendall(line)
            server.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def back(server, client):
        try:
            while True:
                octets = server.recv(65536)
                if octets == b"":
                    client.shutdown(socket.SHUT_WR)
                    return
                client.sendall(octets)
        except OSError:
            pass


def check(folder, sessions):
    server = subprocess.Popen([POSTEL, "serve", "--json", "--pop3", "0", "--imap", "0"], stdout=subprocess.PIPE)
    try:
        ports = {a["protocol"]: a["port"] for a in json.loads(server.stdout.readline())["addresses"]}
        proxy = Swapping(ports["pop3"], sessions)
        path = os.path.join(folder, "target.ini")
        with open(path, "w", encoding="ascii", opener=lambda p, f: os.open(p, f, 0o600)) as file:
            file.write("[target]\npop3 = pop3://127.0.0.1:%d\nimap = imap://127.0.0.1:%d\n"
                       "[user alice]\naddress = alice@example.test\npassword = secret1\n"
                       % (proxy.listener.getsockname()[1], ports["imap"]))
        run = subprocess.run([POSTEL, "check", "-t", path, "--color", "never", "--json", "-", "-q", "pop3.retr", "!pop3.retr.*"],
                             capture_output=True, timeout=60, check=False)
        report = json.loads(run.stdout)
        return run.returncode, [result["status"] for result in report["results"]]
    finally:
        server.terminate()
        server.wait(10)


with tempfile.TemporaryDirectory(prefix="postel-e2e-") as work:
    for sessions, wanted in ((0, (0, ["pass"])), (2, (0, ["pass"])), (1000, (1, ["fail"]))):
        got = check(work, sessions)
        assert got == wanted, (sessions, got)
