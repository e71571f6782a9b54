#!/usr/bin/env python3
"""postel trace --cut writes a scenario that reproduces the fault, without the password.
POSTEL names the program."""
import imaplib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading

UIDVALIDITY = {"value": 0}


def serve(listener):
    """An IMAP server whose UIDVALIDITY is what UIDVALIDITY says."""
    def one(conn):
        with conn, conn.makefile("rb") as lines:
            conn.sendall(b"* OK [CAPABILITY IMAP4rev1] hi\r\n")
            for line in lines:
                tag, verb = line.split()[:2]
                verb = verb.upper()
                if verb == b"LOGOUT":
                    conn.sendall(b"* BYE x\r\n" + tag + b" OK x\r\n")
                    return
                if verb == b"SELECT":
                    conn.sendall(b"* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n"
                                 b"* 1 EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY %d] x\r\n"
                                 b"* OK [UIDNEXT 2] x\r\n* OK [PERMANENTFLAGS ()] x\r\n" % UIDVALIDITY["value"])
                elif verb == b"CAPABILITY":
                    conn.sendall(b"* CAPABILITY IMAP4rev1\r\n")
                conn.sendall(tag + b" OK x\r\n")
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=one, args=(conn,), daemon=True).start()


def check(postel, port, scenario):
    environment = dict(os.environ, POSTEL_PASSWORD_ALICE="secret-word")
    return subprocess.run([postel, "check", f"imap://alice@127.0.0.1:{port}", scenario], check=False,
                          env=environment, capture_output=True, text=True, timeout=60)


def main():
    postel = os.environ.get("POSTEL", "")
    if not os.access(postel, os.X_OK):
        sys.exit(77)
    listener = socket.create_server(("127.0.0.1", 0))
    upstream = listener.getsockname()[1]
    threading.Thread(target=serve, args=(listener,), daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        with subprocess.Popen([postel, "trace", "--listen", "0", "--cut", folder, f"imap://127.0.0.1:{upstream}"],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as proxy:
            port = int(re.search(r":(\d+) ", proxy.stdout.readline()).group(1))
            client = imaplib.IMAP4("127.0.0.1", port)
            client.login("alice", "secret-word")
            client.select("INBOX")
            client.logout()
            proxy.send_signal(signal.SIGINT)
            told = proxy.stdout.read()
            assert proxy.wait(20) == 1, told
        scenario = os.path.join(folder, "imap.uidvalidity-zero-1.scn")
        assert scenario in told, told
        with open(scenario, encoding="utf-8") as file:
            assert "secret-word" not in file.read()
        broken = check(postel, upstream, scenario)
        assert broken.returncode == 1 and "imap.uidvalidity-zero" in broken.stdout, broken.stdout + broken.stderr
        UIDVALIDITY["value"] = 7
        mended = check(postel, upstream, scenario)
        assert mended.returncode == 0, mended.stdout + mended.stderr
    print("the scenario fails on the broken server and passes on the mended one")


main()
