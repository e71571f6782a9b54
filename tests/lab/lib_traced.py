#!/usr/bin/env python3
"""Real clients speak through `postel trace` with the lab's Dovecot and Postfix. What the judge says of
each was read against the RFCs and is kept below: anything else fails, and so does what is no longer
said. What the clients did arrives: the mail sent through the proxy is fetched through it.
Run by ctest after tests/lab/up; POSTEL names the program, LAB_STATE the state folder."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))

# (client, side, rule): why it is right.
REVIEWED = {
    # Dovecot's CAPA after login no longer lists USER (RFC 2449 section 5: both states).
    ("*", "server", "pop3.capa-missing"),
    # Dovecot answers an ENABLE that enables nothing without ENABLED (RFC 5161 section 3.1).
    ("neomutt", "server", "imap.enabled-missing"),
}

MESSAGE = "From: alice@example.test\r\nTo: u7@example.test\r\nSubject: %s\r\n\r\nfirst\r\n.dot\r\nlast\r\n"


class Proxy:
    """One postel trace in front of one server."""

    def __init__(self, postel, url, folder):
        self.trace = os.path.join(folder, uuid.uuid4().hex + ".trace")
        self.process = subprocess.Popen([postel, "trace", "--listen", "127.0.0.1:0", "--save", self.trace, url],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.port = int(re.search(r":(\d+) ", self.process.stdout.readline()).group(1))

    def end(self, postel):
        """The findings of the judge on the saved trace, which must be what the proxy itself said."""
        self.process.send_signal(signal.SIGINT)
        said = self.process.stdout.read()
        self.process.wait(20)
        judged = subprocess.run([postel, "judge", "--json", self.trace], capture_output=True, text=True, check=False)
        found = {(f["side"], f["rule"]) for f in map(json.loads, judged.stdout.splitlines())}
        live = set(re.findall(r"the (client|server) (?:breaks a|does not follow a) [A-Z ]+  (\S+)  ", said))
        assert found == live, f"the proxy said {live}, the judge of its trace {found}"
        return found


def run(command, **options):
    done = subprocess.run(command, capture_output=True, timeout=60, check=False, **options)
    assert done.returncode == 0, f"{command[0]}: exit {done.returncode}: {done.stderr.decode()[-400:]}"
    return done.stdout


def write(path, text, mode=0o600):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)
    return path


def senders(port, folder):
    mail = write(os.path.join(folder, "mail"), MESSAGE % "x")
    yield "curl", lambda: run(["curl", "-sS", f"smtp://127.0.0.1:{port}", "--mail-from", "alice@example.test",
                               "--mail-rcpt", "u7@example.test", "-T", mail])
    yield "swaks", lambda: run(["swaks", "--server", f"127.0.0.1:{port}", "--from", "alice@example.test",
                                "--to", "u7@example.test", "--tls"])
    yield "msmtp", lambda: run(["msmtp", "--host=127.0.0.1", f"--port={port}", "--from=alice@example.test",
                                "u7@example.test"], input=(MESSAGE % "m").encode())
    yield "python", lambda: run([sys.executable, "-c", f"""
import smtplib
c = smtplib.SMTP('127.0.0.1', {port})
c.sendmail('alice@example.test', ['u7@example.test'], b'Subject: p\\r\\n\\r\\n.dot\\r\\n')
c.quit()"""])


def neomutt(folder, url, password):
    """neomutt wants a terminal: it opens the mailbox, shows the first message and quits."""
    rc = write(os.path.join(folder, "neomuttrc"), f"""set imap_pass = "{password}"
set pop_pass = "{password}"
set ssl_starttls = no
set ssl_force_tls = no
set imap_check_subscribed = no
set header_cache = ""
set quit = yes
set move = no
push "<display-message><exit><quit>"
""")
    environment = dict(os.environ, HOME=folder, TERM="vt100")
    os.makedirs(os.path.join(folder, "Mail"), exist_ok=True)
    return run(["script", "-qec", f"neomutt -n -F {rc} -R -f {url}", "/dev/null"], env=environment,
               stdin=subprocess.DEVNULL)


def imap_readers(port, folder, password):
    yield "neomutt", lambda: neomutt(folder, f"imap://u7@127.0.0.1:{port}/INBOX", password)
    yield "curl", lambda: run(["curl", "-sS", f"imap://127.0.0.1:{port}/INBOX", "-u", f"u7:{password}",
                               "-X", "FETCH 1:* (FLAGS ENVELOPE BODYSTRUCTURE)"])
    rc = write(os.path.join(folder, "mbsyncrc"), f"""IMAPAccount a
Host 127.0.0.1
Port {port}
User u7
Pass {password}
SSLType None
AuthMechs LOGIN

IMAPStore far
Account a

MaildirStore near
Path {folder}/md/
Inbox {folder}/md/INBOX

Channel c
Far :far:
Near :near:
Patterns INBOX
Create Near
SyncState *
""")
    os.makedirs(os.path.join(folder, "md"), exist_ok=True)
    yield "mbsync", lambda: run(["mbsync", "-c", rc, "c"])
    yield "python", lambda: run([sys.executable, "-c", f"""
import imaplib
c = imaplib.IMAP4('127.0.0.1', {port})
c.login('u7', '{password}')
c.select('INBOX')
c.append('INBOX', '(\\\\Seen)', None, b'Subject: a\\r\\n\\r\\nbody\\r\\n')
c.fetch('1:*', '(UID FLAGS RFC822.SIZE BODY.PEEK[])')
c.uid('SEARCH', None, 'ALL')
c.store('1', '+FLAGS', '(\\\\Deleted)')
c.expunge()
c.list()
c.status('INBOX', '(MESSAGES UIDNEXT)')
c.logout()"""])


def pop3_readers(port, folder, password):
    yield "neomutt", lambda: neomutt(folder, f"pop://u7@127.0.0.1:{port}/", password)
    yield "curl", lambda: run(["curl", "-sS", f"pop3://127.0.0.1:{port}/", "-u", f"u7:{password}"])
    rc = write(os.path.join(folder, "fetchmailrc"),
               f"poll 127.0.0.1 protocol pop3 port {port} user u7 password {password} keep sslproto ''\n"
               f"mda '/bin/cat >/dev/null'\n")
    yield "fetchmail", lambda: run(["fetchmail", "--nosyslog", "--pidfile", folder + "/fetchmail.pid", "-i",
                                    folder + "/ids", "-f", rc], env=dict(os.environ, HOME=folder))
    yield "python", lambda: run([sys.executable, "-c", f"""
import poplib
c = poplib.POP3('127.0.0.1', {port})
c.capa(); c.user('u7'); c.pass_('{password}'); c.stat(); c.list(); c.uidl(); c.retr(1); c.top(1, 1); c.dele(1)
c.rset(); c.quit()"""])


def main():
    postel = os.environ.get("POSTEL", "")
    state = os.environ.get("LAB_STATE", "")
    if not os.access(postel, os.X_OK) or not os.path.exists(state + "/env"):
        sys.exit(77)
    with open(state + "/env", encoding="utf-8") as file:
        env = dict(line.rstrip("\n").split("=", 1) for line in file if "=" in line)
    ca = env["LAB_CA"]
    failures, done = [], 0
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        for scheme, clients in (("smtp", senders), ("imap", imap_readers), ("pop3", pop3_readers)):
            url = f"{scheme}://127.0.0.1:{env['LAB_' + scheme.upper()]}?ca={ca}"
            arguments = (folder,) if clients is senders else (folder, "u7-secret")
            count = sum(1 for _ in clients(0, *arguments))
            for index in range(count):
                proxy = Proxy(postel, url, folder)
                name, act = list(clients(proxy.port, *arguments))[index]
                if shutil.which(name) is None and name != "python":
                    print(f"{scheme} {name}: not installed, passed over")
                    proxy.end(postel)
                    continue
                try:
                    act()
                    found = proxy.end(postel)
                except AssertionError as error:
                    failures.append(f"{scheme} {name}: {error}")
                    proxy.process.kill()
                    continue
                unknown = {f for f in found if (name, *f) not in REVIEWED and ("*", *f) not in REVIEWED}
                if unknown:
                    failures.append(f"{scheme} {name}: not reviewed: {sorted(unknown)}")
                    shutil.copy(proxy.trace, os.path.join(tempfile.gettempdir(), f"postel-{scheme}-{name}.trace"))
                done += 1
                print(f"{scheme} {name}: {sorted(found) if found else 'nothing to complain about'}")
    for failure in failures:
        print("FAILED", failure)
    sys.exit(1 if failures or done < 3 else 0)


main()
