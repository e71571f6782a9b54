#!/usr/bin/env python3
"""Nobody reads what postel trace prints, on a pipe or on a terminal: the conversations go on, and what was not
printed is counted. POSTEL names the program."""
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading

REPLIES = 5000
FINDING = re.compile(r"^\d+: the server breaks a MUST", re.M)
MISSING = re.compile(r"^(\d+) findings not printed here", re.M)


class Server:
    """Answers each NOOP with a line that breaks one rule, and an OK."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            with conn:
                conn.sendall(b"* PREAUTH [CAPABILITY IMAP4rev1] hi\r\n")
                for line in conn.makefile("rb"):
                    conn.sendall(b"* CAPABILITY IMAP4rev1  X\r\n" + line.split(b" ")[0] + b" OK x\r\n")


def talk(port, count):
    """Commands in bunches, each bunch answered within the time limit."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        lines = client.makefile("rb")
        lines.readline()
        for first in range(0, count, 100):
            client.sendall(b"".join(b"a%d NOOP\r\n" % n for n in range(first, first + 100)))
            for _ in range(200):
                assert lines.readline().endswith(b"\r\n")


def start(postel, server, stdout, stderr, *options):
    return subprocess.Popen([postel, "trace", "--listen", "0", *options, f"imap://127.0.0.1:{server.port}"],
                            stdout=stdout, stderr=stderr)


def port_of(text):
    return int(re.search(r"listening on \S+:(\d+) ", text).group(1))


def total(text):
    return int(re.search(r"^(\d+) violations", text, re.M).group(1))


def reader_comes_back(postel, server):
    """Both streams go to one pipe that is read late: a line says how many are missing, and where."""
    with tempfile.TemporaryDirectory() as folder:
        trace = os.path.join(folder, "trace")
        reading, writing = os.pipe()
        process = start(postel, server, writing, writing, "--save", trace)
        os.close(writing)
        port = port_of(os.read(reading, 4096).decode())
        talk(port, REPLIES)
        parts = []
        reader = threading.Thread(target=lambda: parts.extend(iter(lambda: os.read(reading, 65536), b"")))
        reader.start()
        for _ in range(200):
            if MISSING.search(b"".join(parts).decode()):
                break
            talk(port, 100)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 1
        reader.join(20)
        os.close(reading)
        said = b"".join(parts).decode()
        missing = sum(int(number) for number in MISSING.findall(said))
        assert missing > 0 and said.endswith(" notes\n"), said[-400:]
        assert len(FINDING.findall(said)) + missing == total(said), (missing, total(said))
        assert FINDING.search(said, MISSING.search(said).end())
        judged = subprocess.run([postel, "judge", "--json", trace], capture_output=True, text=True, check=False,
                                timeout=120).stdout
        assert judged.count('"server"') == total(said), (judged.count('"server"'), total(said))


def nobody_reads(postel, server):
    """It ends in time, with the summary on the other stream."""
    reading, writing = os.pipe()
    process = start(postel, server, writing, subprocess.PIPE)
    os.close(writing)
    talk(port_of(os.read(reading, 4096).decode()), REPLIES)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=20)[1].decode()
    os.close(reading)
    assert process.returncode == 1
    assert re.search(r"standard output was not read to its end: \d+ findings not printed", said), said
    assert total(said) == REPLIES, said


def reader_gone(postel, server):
    """The pipe has no reader any more."""
    reading, writing = os.pipe()
    process = start(postel, server, writing, subprocess.PIPE)
    os.close(writing)
    port = port_of(os.read(reading, 4096).decode())
    os.close(reading)
    talk(port, 100)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=20)[1].decode()
    assert "100 findings not printed" in said and total(said) == 100, said


def terminal(postel, server):
    """A terminal that has stopped to show anything."""
    master, slave = pty.openpty()
    process = start(postel, server, slave, slave)
    os.close(slave)
    talk(port_of(os.read(master, 4096).decode()), REPLIES)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 1
    os.close(master)


def main():
    postel = os.environ.get("POSTEL", "")
    if not os.access(postel, os.X_OK):
        sys.exit(77)
    server = Server()
    for case in (reader_comes_back, nobody_reads, reader_gone, terminal):
        case(postel, server)
        print(f"{case.__name__}: as it should be")


main()
