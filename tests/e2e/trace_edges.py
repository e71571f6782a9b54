#!/usr/bin/env python3
"""What happens to postel trace when its peers end in their own ways: half-close, one side vanishes, one reads
slowly; COMPRESS is followed; a hundred connections stay within 64 MiB. POSTEL names the program."""
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib

from libcheck import is_sanitized

GREETING = b"* OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] hi\r\n"


class Proxy:
    """postel trace in front of a server that a function is; it gets each connection."""

    def __init__(self, postel, scheme, serve, *options):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.process = subprocess.Popen([postel, "trace", "--listen", "0", *options,
                                         f"{scheme}://127.0.0.1:{self.listener.getsockname()[1]}"],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.port = int(re.search(r":(\d+) ", self.process.stdout.readline()).group(1))
        self.said = []
        self.reader = threading.Thread(target=lambda: self.said.extend(self.process.stdout), daemon=True)
        self.reader.start()
        threading.Thread(target=self.accept, args=(serve,), daemon=True).start()

    def accept(self, serve):
        while True:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            conn.settimeout(20)
            threading.Thread(target=serve, args=(conn,), daemon=True).start()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def memory(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmHWM:\s+(\d+) kB", status.read()).group(1))

    def refuse(self):
        """No server is there any more."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def end(self):
        self.listener.close()
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(20)
        self.reader.join(20)
        assert code in (0, 1), self.said
        return "".join(self.said)


def read_all(sock):
    parts = []
    while part := sock.recv(65536):
        parts.append(part)
    return b"".join(parts)


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def half_close(postel):
    """The client has said all: the server still answers, and sees the end."""
    def serve(conn):
        with conn:
            conn.sendall(b"220 mx.example.test\r\n")
            assert read_all(conn) == b"QUIT\r\n"
            conn.sendall(b"221 bye\r\n")
    proxy = Proxy(postel, "smtp", serve)
    with proxy.connect() as client:
        client.sendall(b"QUIT\r\n")
        client.shutdown(socket.SHUT_WR)
        assert read_all(client) == b"220 mx.example.test\r\n221 bye\r\n"
    proxy.end()


def client_vanishes(postel):
    """The client resets: the server sees an end, and the proxy serves the next."""
    seen = threading.Event()

    def serve(conn):
        with conn:
            conn.sendall(b"+OK ready\r\n")
            try:
                while conn.recv(65536):
                    pass
            except ConnectionResetError:
                pass
            seen.set()
    proxy = Proxy(postel, "pop3", serve)
    client = proxy.connect()
    client.recv(100)
    client.sendall(b"CAPA\r\n")
    reset(client)
    assert seen.wait(20), "the server was not told"
    with proxy.connect() as again:
        assert again.recv(100) == b"+OK ready\r\n"
    proxy.end()


def upstream_vanishes(postel):
    """The server resets, or is not there: the client sees the end, and the proxy serves the next."""
    def serve(conn):
        conn.sendall(b"+OK ready\r\n")
        conn.recv(100)
        reset(conn)
    proxy = Proxy(postel, "pop3", serve)
    for _ in range(2):
        with proxy.connect() as client:
            assert client.recv(100) == b"+OK ready\r\n"
            client.sendall(b"CAPA\r\n")
            try:
                assert read_all(client) == b""
            except ConnectionResetError:
                pass
    proxy.refuse()
    with proxy.connect() as client:
        try:
            assert read_all(client) == b""
        except ConnectionResetError:
            pass
    proxy.end()


def slow_reader(postel):
    """A hundred clients that do not read for a while: memory stays bounded, and nothing is lost."""
    count, size = 100, 2 * 1024 * 1024
    body = (b"x" * 70 + b"\r\n") * (size // 72)
    answer = b"+OK ready\r\n+OK\r\n" + body + b".\r\n"

    def serve(conn):
        with conn:
            try:
                conn.settimeout(120)
                conn.recv(100)
                conn.sendall(answer)
                conn.shutdown(socket.SHUT_WR)
                conn.recv(100)
            except OSError:
                pass
    proxy = Proxy(postel, "pop3", serve)
    clients = [proxy.connect() for _ in range(count)]
    for client in clients:
        client.sendall(b"RETR 1\r\n")
    time.sleep(2)
    peak = proxy.memory()
    for client in clients:
        client.settimeout(120)
        assert read_all(client) == answer
        client.close()
    proxy.end()
    assert is_sanitized() or peak <= 64 * 1024, f"{peak} KiB"


def compress(postel):
    """Both directions are inflated for the judge, and pass as they are."""
    def serve(conn):
        with conn:
            conn.sendall(GREETING)
            lines = conn.makefile("rb")
            assert lines.readline() == b"a LOGIN bob secret\r\n"
            conn.sendall(b"a OK in\r\n")
            assert lines.readline() == b"b COMPRESS DEFLATE\r\n"
            conn.sendall(b"b OK go\r\n")
            packer, unpacker = zlib.compressobj(wbits=-15), zlib.decompressobj(-15)
            said = b""
            while not said.endswith(b"c NOOP\r\n"):
                said += unpacker.decompress(conn.recv(65536))
            conn.sendall(packer.compress(b"* 0 FETCH (FLAGS ())\r\nc OK x\r\n") + packer.flush(zlib.Z_SYNC_FLUSH))
            conn.recv(100)
    with tempfile.TemporaryDirectory() as folder:
        trace = os.path.join(folder, "trace")
        proxy = Proxy(postel, "imap", serve, "--save", trace)
        with proxy.connect() as client:
            lines = client.makefile("rb")
            assert lines.readline() == GREETING
            client.sendall(b"a LOGIN bob secret\r\n")
            assert lines.readline() == b"a OK in\r\n"
            client.sendall(b"b COMPRESS DEFLATE\r\n")
            assert lines.readline() == b"b OK go\r\n"
            packer, unpacker = zlib.compressobj(wbits=-15), zlib.decompressobj(-15)
            client.sendall(packer.compress(b"c NOOP\r\n") + packer.flush(zlib.Z_SYNC_FLUSH))
            said = b""
            while not said.endswith(b"c OK x\r\n"):
                said += unpacker.decompress(client.recv(65536))
        said = proxy.end()
        assert "imap.message-zero" in said or "FETCH" in said, said
        with open(trace, encoding="utf-8") as file:
            text = file.read()
        assert "c NOOP" in text and "secret" not in text, text


def main():
    postel = os.environ.get("POSTEL", "")
    if not os.access(postel, os.X_OK):
        sys.exit(77)
    for case in (half_close, client_vanishes, upstream_vanishes, slow_reader, compress):
        case(postel)
        print(f"{case.__name__}: as it should be")


main()
