#!/usr/bin/env python3
"""Load on the built-in server: many IMAP connections to a few mailboxes, which send random legal commands,
beside SMTP and POP3, through postel trace, which judges each reply; the server's memory stays as it is.
usage: serve_load.py [--seconds N] [--connections N] [--seed N]; POSTEL names what is tested."""
import argparse
import json
import os
import poplib
import random
import re
import selectors
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import threading
import time

POSTEL = os.environ.get("POSTEL") or "build/dev/postel"
USERS = 6
STUCK = 30
FOLDERS = ["INBOX", "Archive", "Drafts", "Junk", "Sent", "Trash"]
FLAGS = ["\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft", "$Forwarded", "$MDNSent"]
MAIL = ("From: A <a@b.example>\r\nTo: b@example.test\r\nSubject: %s\r\nMessage-ID: <%d@b.example>\r\n"
        "Date: Fri, 21 Nov 1997 09:55:06 -0600\r\n\r\n%s\r\n")

options = argparse.ArgumentParser(usage=__doc__)
options.add_argument("--seconds", type=float, default=10)
options.add_argument("--connections", type=int, default=200)
options.add_argument("--seed", type=int, default=1)
options = options.parse_args()


def mail(rng):
    subject = rng.choice(["one", "Re: one", "two", "[list] Fwd: two", "=?utf-8?q?=C3=BC?="])
    return MAIL % (subject, rng.randrange(1 << 30), "\r\n".join(["x" * rng.randrange(70)] * rng.randrange(1, 30)))


class Imap:
    """One connection: sends its next command when the answer to the last one is there."""

    def __init__(self, port, number, rng):
        self.rng = rng
        self.user = "user%d" % (number % USERS)
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setblocking(False)
        self.pending = b""
        self.sent = time.monotonic()
        self.commands = 0
        self.tag = None
        self.word = self.last = ""
        self.selected = self.idle = False
        self.exists = 0

    def send(self, text):
        self.last = text
        self.commands += 1
        self.sent = time.monotonic()
        self.socket.settimeout(STUCK)
        self.socket.sendall(text.encode())
        self.socket.setblocking(False)

    def readable(self):
        try:
            octets = self.socket.recv(65536)
        except BlockingIOError:
            return
        if not octets:
            raise SystemExit("serve_load: the server closed the connection of %s" % self.user)
        self.pending += octets
        self.heard()

    def leave(self):
        """Ends the conversation properly: a command may still be on its way."""
        self.send(("DONE\r\n" if self.idle else "") + "end LOGOUT\r\n")
        self.socket.settimeout(STUCK)
        while self.socket.recv(65536):
            pass

    def heard(self):
        lines = self.pending.split(b"\r\n")
        self.pending = lines.pop()
        for line in lines:
            number = re.match(rb"\* (\d+) (EXISTS|EXPUNGE)$", line)
            if number:
                self.exists = int(number.group(1)) if number.group(2) == b"EXISTS" else self.exists - 1
            if self.idle and line.startswith(b"+"):
                self.send("DONE\r\n")
                self.idle = False
            elif self.tag is None and line.startswith(b"* OK"):
                self.next("LOGIN %s secret" % self.user)
            elif self.tag and line.startswith(self.tag + b" "):
                self.done(line)

    def done(self, line):
        ok = line.startswith(self.tag + b" OK")
        if self.word in ("SELECT", "EXAMINE"):
            self.selected = ok
        elif self.word in ("CLOSE", "UNSELECT"):
            self.selected = False
        if self.word == "LOGIN" and not ok:
            raise SystemExit("serve_load: no login: %r" % line)
        self.next(self.command())

    def next(self, command):
        self.tag = b"t%d" % self.commands
        self.word = command.split(" ")[0]
        self.idle = command == "IDLE"
        if self.word in ("SELECT", "EXAMINE"):
            self.exists = 0
        self.send("%s %s\r\n" % (self.tag.decode(), command))

    def set(self):
        low = self.rng.randint(1, max(1, self.exists))
        return self.rng.choice(["%d" % low, "%d:*" % low, "%d:%d" % (low, max(low, self.exists))])

    def command(self):
        pick = self.rng.choice
        folder = pick(FOLDERS)
        other = [
            "NOOP", "CAPABILITY", "NAMESPACE", "ID NIL", 'LIST "" *', 'LSUB "" %', "GETQUOTAROOT INBOX",
            "STATUS %s (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)" % folder, "CREATE T%d" % self.rng.randrange(4),
            "SUBSCRIBE " + folder, 'LIST "" * RETURN (SUBSCRIBED CHILDREN STATUS (MESSAGES))',
            "DELETE T%d" % self.rng.randrange(4), "RENAME T1 T2",
            "APPEND %s (%s) {%d+}\r\n%s" % (folder, pick(FLAGS[:5]), *self.literal()),
        ]
        if not self.selected or self.rng.random() < 0.05:
            return pick(["SELECT ", "SELECT ", "EXAMINE "]) + folder
        if self.exists == 0:
            return pick(other)
        by = pick(["", "UID "])
        numbers = self.set()
        return pick(other + [
            "IDLE", "CHECK", "CLOSE", "UNSELECT", "EXPUNGE", "EXPUNGE",
            by + "FETCH %s (FLAGS UID INTERNALDATE)" % numbers, by + "FETCH %s FULL" % numbers,
            by + "FETCH %s (BODY.PEEK[HEADER] BODYSTRUCTURE ENVELOPE)" % numbers,
            by + "FETCH %s (BODY[]<5.90> RFC822.SIZE)" % numbers,
            by + "STORE %s %sFLAGS (%s)" % (numbers, pick(["", "+", "-"]), pick(FLAGS)),
            by + "STORE %s +FLAGS.SILENT (\\Deleted)" % numbers,
            by + "COPY %s %s" % (numbers, folder), by + "MOVE %s %s" % (numbers, folder),
            by + "SEARCH %s" % pick(["ALL", "UNSEEN", "SUBJECT one", "NOT DELETED", "OR SEEN LARGER 300"]),
            by + "SEARCH RETURN (MIN MAX COUNT ALL) %s" % pick(["ALL", "FLAGGED", "TEXT xx"]),
            by + "SORT (%s) UTF-8 ALL" % pick(["SUBJECT", "REVERSE DATE", "FROM SIZE"]),
            by + "THREAD %s UTF-8 ALL" % pick(["REFERENCES", "ORDEREDSUBJECT"]),
        ])

    def literal(self):
        text = mail(self.rng)
        return len(text), text


def repeat(stop, seconds_apart, work):
    while not stop.is_set():
        work()
        stop.wait(seconds_apart)


def smtp_client(port, rng, stop, count):
    """Several messages in a conversation; the mailboxes may be full."""
    def converse():
        with smtplib.SMTP("127.0.0.1", port, local_hostname="load.example", timeout=STUCK) as smtp:
            for _ in range(5):
                try:
                    notify = rng.choice([[], ["NOTIFY=SUCCESS"], ["NOTIFY=NEVER"]])
                    smtp.sendmail("user%d@example.test" % rng.randrange(USERS),
                                  ["user%d@example.test" % u for u in rng.sample(range(USERS), 2)],
                                  mail(rng), rcpt_options=notify)
                    count["messages"] += 1
                except (smtplib.SMTPDataError, smtplib.SMTPRecipientsRefused):
                    smtp.rset()
    repeat(stop, 0.05, converse)


def pop3_client(port, user, rng, stop, count):
    """Reads and deletes; another session may have the maildrop."""
    def converse():
        pop3 = poplib.POP3("127.0.0.1", port, timeout=STUCK)
        try:
            pop3.user(user)
            pop3.pass_("secret")
            for number in range(1, min(pop3.stat()[0], 8) + 1):
                pop3.retr(number)
                if rng.random() < 0.7:
                    pop3.dele(number)
            count["maildrops"] += 1
        except poplib.error_proto as error:
            if b"IN-USE" not in error.args[0] and b"expunged" not in error.args[0].lower():
                raise
        pop3.quit()
    repeat(stop, 0.1, converse)


def resident(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1))


def start_server(folder):
    command = [POSTEL, "serve", "--json", "--quota", "300000", "--max-errors", "1000000"]
    for protocol in ("imap", "smtp", "pop3"):
        command += ["--" + protocol, "0"]
    for number in range(USERS):
        command += ["--user", "user%d:secret" % number]
    server = subprocess.Popen(command, stdout=subprocess.PIPE)
    ports = {a["protocol"]: a["port"] for a in json.loads(server.stdout.readline())["addresses"]}
    proxies = {}
    for protocol, port in ports.items():
        out = open(os.path.join(folder, protocol), "w+b")
        process = subprocess.Popen([POSTEL, "trace", "--listen", "0", "%s://127.0.0.1:%d" % (protocol, port)],
                                   stdout=out, stderr=subprocess.DEVNULL)
        proxies[protocol] = [process, out, listening(out.name)]
    return server, proxies


def listening(name):
    for _ in range(200):
        with open(name, encoding="utf-8", errors="replace") as file:
            found = re.search(r"listening on 127\.0\.0\.1:(\d+)", file.read())
        if found:
            return int(found.group(1))
        time.sleep(0.05)
    raise SystemExit("serve_load: postel trace does not listen")


def run_imap(port, seconds, pid):
    """Returns the commands sent and the server's memory, KiB, now and then."""
    selector = selectors.DefaultSelector()
    clients = []
    for number in range(options.connections):
        client = Imap(port, number, random.Random(options.seed * 1000 + number))
        clients.append(client)
        selector.register(client.socket, selectors.EVENT_READ, client)
    end = time.monotonic() + seconds
    sizes = []
    while time.monotonic() < end:
        for key, _ in selector.select(0.2):
            key.data.readable()
        if time.monotonic() > end - seconds + seconds * (len(sizes) + 1) / 10:
            sizes.append(resident(pid))
            stuck = [c for c in clients if time.monotonic() - c.sent > STUCK]
            if stuck:
                raise SystemExit("serve_load: no answer to %r" % stuck[0].last)
    for client in clients:
        client.leave()
    return sum(c.commands for c in clients), sizes


def violations(proxies):
    """What the server broke, as postel trace tells it."""
    broken = []
    for process, out, _ in proxies.values():
        process.send_signal(signal.SIGINT)
        process.wait(STUCK)
        out.seek(0)
        broken += re.findall(rb"\d+: the server breaks a MUST.*(?:\n  .*)*", out.read())
    return broken


def main():
    stop = threading.Event()
    count = {"messages": 0, "maildrops": 0}
    with tempfile.TemporaryDirectory() as folder:
        server, proxies = start_server(folder)
        port = {protocol: proxy[2] for protocol, proxy in proxies.items()}
        threads = []
        for number in range(USERS):
            rng = random.Random(options.seed * 100 + number)
            threads.append(threading.Thread(target=smtp_client, args=(port["smtp"], rng, stop, count)))
            threads.append(threading.Thread(
                target=pop3_client, args=(port["pop3"], "user%d" % number, rng, stop, count)))
        for thread in threads:
            thread.start()
        try:
            commands, sizes = run_imap(port["imap"], options.seconds, server.pid)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
            broken = violations(proxies)
            server.terminate()
            code = server.wait(STUCK)
    print("%d IMAP connections, %.0f s: %d commands (%.0f/s), %d messages, %d maildrops; memory %s KiB" % (
        options.connections, options.seconds, commands, commands / options.seconds, count["messages"],
        count["maildrops"], " ".join(map(str, sizes))))
    for line in broken[:20]:
        print(line.decode(errors="replace"))
    if broken or code != 0:
        sys.exit("serve_load: %d violations; the server ended with %d" % (len(broken), code))
    if not count["messages"] or not count["maildrops"]:
        sys.exit("serve_load: no message or no maildrop")
    # The first third fills the mailboxes up to their quota.
    if max(sizes[-3:]) > max(sizes[:4]) * 1.25 + 4096:
        sys.exit("serve_load: the server's memory grows")


main()
