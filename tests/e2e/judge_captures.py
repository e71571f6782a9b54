#!/usr/bin/env python3
"""What a capture lacks is held against nobody, and what follows the gap is still judged. Writes captures
of conversations with segments left out. environment: POSTEL"""
import json
import os
import struct
import subprocess
import sys
import tempfile

if not os.environ.get("POSTEL"):
    sys.exit(77)

GREETING = ("S", "220 mx.example.test ESMTP\r\n")
EHLO = ("C", "EHLO client.example.test\r\n")
OFFER = ("S", "250-mx.example.test\r\n250-PIPELINING\r\n250 SIZE 1000000\r\n")
MAIL = ("C", "MAIL FROM:<a@example.test>\r\n")
RCPT = ("C", "RCPT TO:<b@example.test>\r\n")
OK = ("S", "250 2.1.0 Ok\r\n")
QUIT = [("C", "QUIT\r\n"), ("S", "221 Bye\r\n")]
POP3 = [("S", "+OK ready\r\n"), ("C", "USER a\r\n"), ("S", "+OK\r\n"), ("C", "PASS b\r\n"),
        ("S", "+OK\r\n")]
BODY = "Subject: x\r\n\r\n" + "line\r\n" * 20


IMAP = [("S", "* OK [CAPABILITY IMAP4rev1] hi\r\n"), ("C", "a LOGIN b c\r\n"), ("S", "a OK in\r\n"),
        ("C", "b SELECT INBOX\r\n")]
SELECTED = ("S", "* 3 EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n* OK [PERMANENTFLAGS ()] x\r\n"
                 "* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 9] x\r\nb OK [READ-WRITE] x\r\n")
FETCH = [("C", "c FETCH 3 UID\r\n"), ("S", "* 3 FETCH (UID 8)\r\nc OK x\r\n")]
LOGOUT = [("C", "d LOGOUT\r\n"), ("S", "* BYE x\r\nd OK x\r\n")]


def lost(part):
    return part[0].lower(), part[1]


# name, protocol's port, segments (a small letter: not in the capture), sides and rules expected
CASES = [
    ("whole", 25, [GREETING, EHLO, OFFER, MAIL, OK, RCPT, OK] + QUIT, []),
    ("greeting lost", 25, [lost(GREETING), EHLO, OFFER, MAIL, OK, RCPT, OK] + QUIT, []),
    ("offer lost", 25, [GREETING, EHLO, lost(OFFER), ("C", "MAIL FROM:<a@example.test> SIZE=10\r\n"), OK,
                        RCPT, OK] + QUIT, []),
    ("command lost", 25, [GREETING, EHLO, OFFER, lost(MAIL), OK, RCPT, OK] + QUIT, []),
    ("command and reply lost", 25, [GREETING, EHLO, OFFER, lost(MAIL), lost(OK), RCPT, OK] + QUIT, []),
    ("first half of a command lost", 25, [GREETING, EHLO, OFFER, ("c", "MAIL FROM:<a@exa"),
                                          ("C", "mple.test>\r\n"), OK, RCPT, OK] + QUIT, []),
    ("second half of a reply lost", 25, [GREETING, EHLO, ("S", "250-mx.example.test\r\n250-PIPE"),
                                         ("s", "LINING\r\n250 SIZE 1000000\r\n"), MAIL, OK, RCPT,
                                         OK] + QUIT, []),
    ("middle of a message lost", 25, [GREETING, EHLO, OFFER, MAIL, OK, RCPT, OK, ("C", "DATA\r\n"),
                                      ("S", "354 go\r\n"), ("C", BODY), ("c", BODY), ("C", BODY + ".\r\n"),
                                      ("S", "250 queued\r\n")] + QUIT, []),
    ("end of a message lost", 25, [GREETING, EHLO, OFFER, MAIL, OK, RCPT, OK, ("C", "DATA\r\n"),
                                   ("S", "354 go\r\n"), ("C", BODY), ("c", BODY + ".\r\n"),
                                   ("S", "250 queued\r\n")] + QUIT, []),
    ("wrong behind a gap", 25, [GREETING, EHLO, lost(OFFER), MAIL, OK, ("C", "RCPT TO: <b@example.test>\r\n"),
                                OK] + QUIT, [("client", 9)]),
    ("wrong before a gap", 25, [GREETING, EHLO, OFFER, ("C", "MAIL FROM: <a@example.test>\r\n"), OK, RCPT,
                                lost(OK)] + QUIT, [("client", 11)]),
    ("pop3 reply lost", 110, POP3 + [("C", "STAT\r\n"), ("s", "+OK 2 320\r\n"), ("C", "LIST\r\n"),
                                     ("S", "+OK\r\n1 120\r\n2 200\r\n.\r\n")] + [("C", "QUIT\r\n"),
                                                                             ("S", "+OK\r\n")], []),
    ("pop3 middle of a message lost", 110, POP3 + [("C", "RETR 1\r\n"), ("S", "+OK\r\n" + BODY), ("s", BODY),
                                                   ("S", BODY + ".\r\n"), ("C", "QUIT\r\n"),
                                                   ("S", "+OK\r\n")], []),
    ("pop3 end of a message lost", 110, POP3 + [("C", "RETR 1\r\n"), ("S", "+OK\r\n" + BODY), ("s", ".\r\n"),
                                                ("C", "DELE 1\r\n"), ("S", "+OK\r\n"), ("C", "QUIT\r\n"),
                                                ("S", "+OK\r\n")], []),
    ("imap whole", 143, IMAP + [SELECTED] + FETCH + LOGOUT, []),
    ("imap response lost", 143, IMAP + [lost(SELECTED)] + FETCH + LOGOUT, []),
    ("imap command lost", 143, IMAP[:3] + [lost(IMAP[3]), SELECTED] + FETCH + LOGOUT, []),
    ("imap command and response lost", 143, IMAP[:3] + [lost(IMAP[3]), lost(SELECTED)] + FETCH + LOGOUT, []),
    ("imap half a response lost", 143, IMAP + [("s", SELECTED[1][:40]), ("S", SELECTED[1][40:])] + FETCH + LOGOUT,
     []),
    ("imap greeting lost", 143, [lost(IMAP[0])] + IMAP[1:] + [SELECTED] + FETCH + LOGOUT, []),
    ("imap half a literal lost", 143, IMAP + [SELECTED, ("C", "c FETCH 3 BODY[]\r\n"),
                                              ("S", "* 3 FETCH (BODY[] {10}\r\nab"), ("s", "cdefg"),
                                              ("S", "hij)\r\nc OK x\r\n")] + LOGOUT, []),
]


def packet(client, port, seq, ack, flags, payload):
    ports = (40000, port) if client else (port, 40000)
    tcp = struct.pack(">HHIIBBHHH", *ports, seq, ack, 0x50, flags, 65535, 0, 0) + payload
    ends = (b"\x0a\0\0\1", b"\x0a\0\0\2") if client else (b"\x0a\0\0\2", b"\x0a\0\0\1")
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + ends[0] + ends[1] + tcp


def capture(port, segments):
    packets = [packet(True, port, 99, 0, 2, b""), packet(False, port, 499, 100, 18, b"")]
    seq = {True: 100, False: 500}
    for side, text in segments:
        client = side in "Cc"
        if side.isupper():
            packets.append(packet(client, port, seq[client], seq[not client], 24, text.encode()))
        seq[client] += len(text)
    raw = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    for number, octets in enumerate(packets):
        raw += struct.pack("<IIII", 1000 + number, 0, len(octets), len(octets)) + octets
    return raw


def main():
    failed = 0
    for name, port, segments, expected in CASES:
        with tempfile.NamedTemporaryFile(suffix=".pcap") as file:
            file.write(capture(port, segments))
            file.flush()
            done = subprocess.run([os.environ["POSTEL"], "judge", "--json", file.name], timeout=60,
                                  capture_output=True, text=True, check=False)
        found = [json.loads(line) for line in done.stdout.splitlines()]
        seen = [(f["side"], f["column"]) for f in found if f["level"] in ("MUST", "MUST NOT")]
        if done.returncode not in (0, 1) or seen != expected:
            failed += 1
            print(f"{name}: exit {done.returncode}, expected {expected}: {done.stdout}{done.stderr}")
    print(f"{len(CASES) - failed} of {len(CASES)} captures")
    return failed > 0


sys.exit(main())
