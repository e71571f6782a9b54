"""Servers that are barely servers: just enough SMTP, POP3 and IMAP to be talked to, each with one way
to misbehave. They listen on loopback, on a port of the system's choice."""
import socket
import threading
import time

GREETINGS = {"smtp": b"220 mail.example.test ESMTP\r\n", "pop3": b"+OK ready\r\n",
             "imap": b"* OK [CAPABILITY IMAP4rev1] ready\r\n"}


def smtp_reply(word, _line):
    return {b"EHLO": b"250-mail.example.test\r\n250-PIPELINING\r\n250 8BITMIME\r\n",
            b"HELO": b"250 mail.example.test\r\n", b"DATA": b"354 go on\r\n",
            b"QUIT": b"221 bye\r\n", b"VRFY": b"252 cannot say\r\n",
            b"AUTH": b"504 no\r\n"}.get(word, b"250 ok\r\n")


def pop3_reply(word, _line):
    return {b"CAPA": b"+OK\r\nUSER\r\nUIDL\r\n.\r\n", b"STAT": b"+OK 0 0\r\n",
            b"LIST": b"+OK\r\n.\r\n", b"UIDL": b"+OK\r\n.\r\n", b"RETR": b"-ERR none\r\n",
            b"TOP": b"-ERR none\r\n", b"DELE": b"-ERR none\r\n"}.get(word, b"+OK\r\n")


def imap_reply(_word, line):
    parts = line.split()
    tag, word = parts[0], parts[1].upper() if len(parts) > 1 else b""
    untagged = {b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n", b"LOGOUT": b"* BYE bye\r\n",
                b"LIST": b'* LIST () "/" INBOX\r\n',
                b"SELECT": b"* FLAGS (\\Seen)\r\n* 1 EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 1] x\r\n"}
    return untagged.get(word, b"") + tag + b" OK done\r\n"


REPLIES = {"smtp": smtp_reply, "pop3": pop3_reply, "imap": imap_reply}
ENDS = {"smtp": b"QUIT", "pop3": b"QUIT"}


class Gone(Exception):
    """The connection is to be closed now."""


def never(stop):
    while not stop.is_set():
        time.sleep(0.05)
    raise Gone


def flood(connection, head, piece, stop, octets=None):
    """head, then piece after piece, for ever or so many octets."""
    connection.sendall(head)
    sent = 0
    while not stop.is_set() and (octets is None or sent < octets):
        connection.sendall(piece)
        sent += len(piece)
    raise Gone


class Server:
    """fault: a function (connection, protocol, moment, line, stop) that may send, raise Gone, or
    return True to say that it has answered. Moments: connect, command, data."""

    def __init__(self, protocol, fault):
        self.protocol = protocol
        self.fault = fault
        self.stop = threading.Event()
        self.connections = 0
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(64)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.listen, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.socket.close()

    def listen(self):
        while not self.stop.is_set():
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            with connection:
                if not self.fault(connection, self.protocol, "connect", b"", self.stop):
                    connection.sendall(GREETINGS[self.protocol])
                self.converse(connection)
        except (Gone, OSError):
            pass

    def converse(self, connection):
        data = False
        for line in connection.makefile("rb"):
            word = line.split(b" ")[0].strip().upper()
            if data:
                if self.fault(connection, self.protocol, "data", line, self.stop):
                    continue
                if line == b".\r\n":
                    data = False
                    connection.sendall(b"250 taken\r\n")
                continue
            if not line.strip():
                continue
            if self.fault(connection, self.protocol, "command", line, self.stop):
                continue
            connection.sendall(REPLIES[self.protocol](word, line))
            data = self.protocol == "smtp" and word == b"DATA"
            if word == ENDS.get(self.protocol):
                raise Gone


def at(moment, action, after=0):
    """A fault that acts at a moment, from the so-many-th time on in its connection."""
    seen = {}

    def fault(connection, protocol, now, line, stop):
        if now != moment:
            return False
        count = seen.get(connection, 0)
        seen[connection] = count + 1
        return action(connection, protocol, line, stop) if count >= after else False
    return fault


def die(_connection, _protocol, _line, _stop):
    raise Gone


def reset(connection, _protocol, _line, _stop):
    import struct
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise Gone


def half_line(connection, protocol, _line, _stop):
    connection.sendall({"smtp": b"250-mail.exa", "pop3": b"+O", "imap": b"* CAPABIL"}[protocol])
    raise Gone


def mid_literal(connection, _protocol, _line, _stop):
    connection.sendall(b"* 1 FETCH (BODY[] {1000}\r\nSubject: x\r\n")
    raise Gone


def silent(_connection, _protocol, _line, stop):
    never(stop)


def endless_line(connection, _protocol, _line, stop):
    flood(connection, b"", b"A" * 65536, stop)


def endless_replies(connection, protocol, _line, stop):
    piece = {"smtp": b"250-again\r\n", "pop3": b"+OK again\r\n", "imap": b"* OK again\r\n"}[protocol]
    flood(connection, b"", piece * 1000, stop)


def huge_literal(connection, _protocol, _line, stop):
    flood(connection, b"* 1 FETCH (BODY[] {4294967296}\r\n", b"x" * 65535 + b"\n", stop, 1 << 32)


def noise(connection, _protocol, _line, _stop):
    connection.sendall(bytes((i * 167 + i // 7) & 255 for i in range(4096)) + b"\r\n")
    return True


def misgreet(connection, _protocol, _line, _stop):
    connection.sendall(b"HELLO there\r\n")
    return True


def refuse(connection, protocol, _line, _stop):
    connection.sendall({"smtp": b"554 no service\r\n", "pop3": b"-ERR no service\r\n",
                        "imap": b"* BYE no service\r\n"}[protocol])
    raise Gone


def tarpit(connection, protocol, _line, stop):
    for octet in GREETINGS[protocol]:
        connection.sendall(bytes([octet]))
        if stop.wait(1):
            raise Gone
    return True
