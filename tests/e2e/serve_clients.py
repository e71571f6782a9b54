#!/usr/bin/env python3
"""Real clients against the built-in server: they send, list, fetch, search, move, delete and idle, in
plain, with STARTTLS and inside TLS, and what arrives is what was sent, octet for octet. A client that is
not installed is passed over with a line."""
import imaplib
import json
import os
import poplib
import pty
import re
import shutil
import smtplib
import ssl
import subprocess
import sys
import tempfile
import time

POSTEL = os.environ.get("POSTEL") or "build/dev/postel"
SKIPPED = 77
SECONDS = 20
HEAD = b"From: a@b.example\r\nTo: %s\r\nSubject: %s\r\nMessage-ID: <%s@b.example>\r\nDate: Fri, 21 Nov 1997 09:55:06 -0600\r\n\r\n"
BODY = b".dot\r\n..dots\r\n\xc3\xbc \t\r\n\r\n" + b"x" * 900 + b"\r\n.\r\nend\r\n"


class Failure(Exception):
    pass


def want(condition, text):
    if not condition:
        raise Failure(text)


def mail(user, word):
    return HEAD % (user.encode() + b"@example.test", word.encode(), word.encode("ascii", "ignore")) + BODY


class Bench:
    """A server of its own users for each client, and what the clients need to know of it."""

    def __init__(self, folder, users):
        self.folder = folder
        self.ca = os.path.join(folder, "ca.pem")
        services = ["smtp", "submission", "lmtp", "pop3", "imap", "smtps", "submissions", "pop3s", "imaps"]
        command = [POSTEL, "serve", "--tls", "--save-ca", self.ca, "--json"]
        for service in services:
            command += ["--" + service, "0"]
        for user in users:
            command += ["--user", user + ":secret"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        ready = json.loads(self.process.stdout.readline())
        self.port = {address["protocol"]: address["port"] for address in ready["addresses"]}
        self.context = ssl.create_default_context(cafile=self.ca)

    def stop(self):
        self.process.terminate()
        want(self.process.wait(SECONDS) == 0, "serve did not end cleanly")

    def run(self, *command, octets=None, codes=(0,)):
        run = subprocess.run(command, input=octets, capture_output=True, timeout=SECONDS, cwd=self.folder,
                             env=dict(os.environ, HOME=self.folder, LC_ALL="C"))
        want(run.returncode in codes, "%s: exit %d: %s" % (command[0], run.returncode, run.stderr.decode("ascii", "replace")))
        return run.stdout

    def write(self, name, text, mode=0o600):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        os.chmod(path, mode)
        return path

    def inbox(self, user, mailbox="INBOX"):
        """All messages, as they are in the store."""
        with imaplib.IMAP4("localhost", self.port["imap"], timeout=SECONDS) as imap:
            imap.login(user, "secret")
            if imap.select(mailbox, readonly=True)[1] == [b"0"]:
                return []
            return [part[1] for part in imap.fetch("1:*", "(BODY.PEEK[])")[1] if isinstance(part, tuple)]

    def put(self, user, *messages):
        with imaplib.IMAP4("localhost", self.port["imap"], timeout=SECONDS) as imap:
            imap.login(user, "secret")
            for message in messages:
                want(imap.append("INBOX", None, None, message)[0] == "OK", "APPEND is refused")


def arrived(bench, user, sent):
    """The messages are there, in any order, behind their trace lines."""
    got = bench.inbox(user)
    want(len(got) == len(sent), "%d messages arrived, not %d" % (len(got), len(sent)))
    for message in sent:
        want(sum(text.endswith(message) for text in got) == 1, "a message was changed or lost")


def with_curl(bench, user):
    login = ["-sS", "--max-time", str(SECONDS), "--cacert", bench.ca, "-u", user + ":secret"]
    sent = [mail(user, "curl%d" % i) for i in range(3)]
    for message, scheme, service, more in zip(sent, ("smtp", "smtp", "smtps"), ("submission", "submission", "submissions"),
                                              ([], ["--ssl-reqd"], [])):
        path = bench.write("curl.mail", message)
        bench.run("curl", *login, *more, "%s://localhost:%d" % (scheme, bench.port[service]), "--mail-from",
                  "a@b.example", "--mail-rcpt", user + "@example.test", "-T", path)
    arrived(bench, user, sent)
    for scheme, more in (("imap", []), ("imap", ["--ssl-reqd"]), ("imaps", [])):
        url = "%s://localhost:%d/" % (scheme, bench.port[scheme])
        want(b"INBOX" in bench.run("curl", *login, *more, url), "no INBOX in the list")
        want(bench.run("curl", *login, *more, url + "INBOX;UID=2").endswith(sent[1]), "curl fetched other octets")
        found = bench.run("curl", *login, *more, url + "INBOX?SUBJECT%20curl2")
        want(found.strip() == b"* SEARCH 3", "curl searched and found %r" % found)
        near, far = ("%s%d" % (word, len(more)) + scheme for word in ("near", "far"))
        for box in (near, far):
            bench.run("curl", *login, *more, url, "-X", "CREATE " + box)
        bench.run("curl", *login, *more, url + near, "-T", bench.write("curl.mail", sent[0]))
        bench.run("curl", *login, *more, url + near, "-X", "UID MOVE 1 " + far)
        want(bench.inbox(user, near) == [] and bench.inbox(user, far) == [sent[0]], "curl moved other octets")
        bench.run("curl", *login, *more, url + far, "-X", "STORE 1 +FLAGS.SILENT (\\Deleted)")
        bench.run("curl", *login, *more, url + far, "-X", "EXPUNGE")
        want(bench.inbox(user, far) == [], "curl did not delete the message")
    for i, (scheme, more) in enumerate((("pop3", []), ("pop3", ["--ssl-reqd"]), ("pop3s", []))):
        url = "%s://localhost:%d/" % (scheme, bench.port[scheme])
        want(len(bench.run("curl", *login, *more, url).splitlines()) == 3 - i, "curl lists other messages")
        want(bench.run("curl", *login, *more, url + "%d" % (3 - i)).endswith(sent[2]), "curl retrieved other octets")
        bench.run("curl", *login, *more, url + "1", "-X", "DELE", "-l")
        arrived(bench, user, sent[i + 1:])


def with_msmtp(bench, user):
    sent = []
    for i, (service, auth, tls) in enumerate((("submission", "scram-sha-256", "tls off"), ("submission", "cram-md5", "tls on\ntls_starttls on"),
                                              ("submissions", "plain", "tls on\ntls_starttls off"))):
        config = bench.write("msmtprc", "account default\nhost localhost\nport %d\nfrom a@b.example\nauth %s\n"
                             "user %s\npassword secret\ntls_trust_file %s\n%s\n" % (bench.port[service], auth, user, bench.ca, tls))
        sent.append(mail(user, "msmtp%d" % i))
        # It reads lines that end in LF.
        bench.run("msmtp", "-C", config, user + "@example.test", octets=sent[-1].replace(b"\r\n", b"\n"))
    arrived(bench, user, sent)


def with_swaks(bench, user):
    sent = []
    ways = (("smtp", ["--pipeline"]), ("submission", ["-tls"]), ("submissions", ["-tlsc"]), ("lmtp", ["--protocol", "LMTP"]),
            ("lmtp", ["--protocol", "LMTP", "-tls"]))
    for i, (service, more) in enumerate(ways):
        sent.append(mail(user, "swaks%d" % i))
        login = [] if service in ("smtp", "lmtp") else ["-au", user, "-ap", "secret", "-a", "PLAIN"]
        bench.run("swaks", "-n", "-s", "localhost", "-p", str(bench.port[service]),
                  "-f", "a@b.example", "-t", user + "@example.test", "--data", "-", *login, *more, octets=sent[-1])
    # It adds line ends of its own behind the message.
    got = bench.inbox(user)
    want(len(got) == len(sent), "%d messages arrived, not %d" % (len(got), len(sent)))
    for message in sent:
        want(any(message.rstrip() in text for text in got), "a message was changed or lost")


def mbsync_messages(folder):
    """(sub-folder, name, octets) of each, without the line with which it marks what it has copied."""
    found = []
    for sub in ("new", "cur"):
        for name in os.listdir(os.path.join(folder, sub)):
            with open(os.path.join(folder, sub, name), "rb") as file:
                found.append((sub, name, re.sub(rb"X-TUID: [^\n]*\n", b"", file.read())))
    return found


def with_mbsync(bench, user):
    text = ("IMAPStore far\nHost localhost\nPort %d\nUser %s\nPass secret\n%s %s\nCertificateFile %s\n\n"
            "MaildirStore near\nPath %s/\nInbox %s/INBOX\n\nChannel all\nFar :far:\nNear :near:\nPatterns *\nCreate Both\n"
            "Expunge Both\nSyncState *\n")
    for i, (service, tls) in enumerate((("imap", "None"), ("imap", "STARTTLS"), ("imaps", "IMAPS"))):
        folder = os.path.join(bench.folder, "mbsync%d" % i)
        near = os.path.join(folder, "INBOX")
        box = "box%d" % i
        os.mkdir(folder)
        sent = [mail(user, "mbsync%d%d" % (i, j)) for j in range(3)]
        bench.put(user, *sent[:2])
        for word in ("TLSType", "SSLType"):  # the word has changed between versions
            config = bench.write("mbsyncrc", text % (bench.port[service], user, word, tls, bench.ca, folder, folder))
            try:
                bench.run("mbsync", "-c", config, "-a")
                break
            except Failure:
                if word == "SSLType":
                    raise
        got = mbsync_messages(near)
        want(sorted(octets for _, _, octets in got) == sorted(m.replace(b"\r\n", b"\n") for m in sent[:2]), "mbsync has other octets")
        # What is new on this side goes there, what is deleted on this side goes away there.
        for sub, name, _ in got:
            os.remove(os.path.join(near, sub, name))
        bench.write(os.path.join(near, "new", "1.1.host"), sent[2].replace(b"\r\n", b"\n"))
        bench.run("mbsync", "-c", config, "-a")
        got = bench.inbox(user)
        want(len(got) == 1 and got[0].endswith(BODY), "mbsync left %d" % len(got))
        # What is moved to another folder here is moved there: it has no UID there yet.
        for sub in ("", "new", "cur", "tmp"):
            os.makedirs(os.path.join(folder, box, sub), exist_ok=True)
        (sub, name, _), = mbsync_messages(near)
        os.rename(os.path.join(near, sub, name), os.path.join(folder, box, "cur", "2.2.host:2,F"))
        bench.run("mbsync", "-c", config, "-a")
        want(bench.inbox(user) == [], "mbsync left what was moved")
        moved = bench.inbox(user, box)
        want(len(moved) == 1 and moved[0].endswith(BODY), "mbsync moved other octets")
        with imaplib.IMAP4("localhost", bench.port["imap"], timeout=SECONDS) as imap:
            imap.login(user, "secret")
            imap.select(box)
            want(imap.search(None, "FLAGGED")[1] == [b"1"], "mbsync lost a flag")
            imap.store("1", "+FLAGS", "(\\Answered)")
        # A flag that is set there is set here.
        bench.run("mbsync", "-c", config, "-a")
        (_, name, _), = mbsync_messages(os.path.join(folder, box))
        want(name.endswith(":2,FR") or name.endswith(":2,FRS"), "mbsync does not see a flag: %s" % name)


def with_fetchmail(bench, user):
    ways = (("pop3", "pop3", ""), ("pop3", "pop3", "sslproto 'auto'"), ("pop3s", "pop3", "ssl"),
            ("imap", "imap", ""), ("imap", "imap", "sslproto 'auto'"), ("imaps", "imap", "ssl"))
    for i, (service, protocol, tls) in enumerate(ways):
        sent = mail(user, "fetchmail%d" % i)
        bench.put(user, sent)
        out = os.path.join(bench.folder, "fetchmail%d" % i)
        off = "sslproto ''" if tls == "" else tls
        config = bench.write("fetchmailrc", "poll localhost service %d protocol %s auth password user '%s' password 'secret' %s "
                             "sslcertck sslcertfile '%s' no rewrite mda 'cat > %s'\n"
                             % (bench.port[service], protocol, user, off, bench.ca, out))
        bench.run("fetchmail", "-f", config, "--pidfile", out + ".pid", "-i", out + ".ids", "--invisible", "-N")
        with open(out, "rb") as file:
            got = file.read()
        want(got.replace(b"\r\n", b"\n") == sent.replace(b"\r\n", b"\n"), "fetchmail has other octets")
        want(bench.inbox(user) == [], "fetchmail left the message")
        if protocol == "imap":
            fetchmail_idles(bench, user, config, out)


def fetchmail_idles(bench, user, config, out):
    """What comes while it waits in IDLE is fetched, too."""
    os.remove(out)
    sent = mail(user, "fetchmail-idle")
    process = subprocess.Popen(["fetchmail", "-f", config, "--pidfile", out + ".pid", "--idle", "--invisible", "-N", "-v"], cwd=bench.folder,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               env=dict(os.environ, HOME=bench.folder, LC_ALL="C"))
    try:
        said = b""
        while b"IDLE\n" not in said and b"IDLE\r" not in said:
            line = process.stdout.readline()
            want(line != b"", "fetchmail does not idle: %r" % said[-300:])
            said += line
        bench.put(user, sent)
        end = time.monotonic() + SECONDS
        while bench.inbox(user) != [] and time.monotonic() < end:
            time.sleep(0.05)
    finally:
        process.terminate()
        process.communicate(timeout=SECONDS)
    want(os.path.exists(out), "fetchmail does not see what comes in IDLE")
    with open(out, "rb") as file:
        want(file.read().replace(b"\r\n", b"\n") == sent.replace(b"\r\n", b"\n"), "fetchmail has other octets from IDLE")


def with_mpop(bench, user):
    for i, (service, tls) in enumerate((("pop3", "tls off"), ("pop3", "tls on\ntls_starttls on"), ("pop3s", "tls on\ntls_starttls off"))):
        sent = [mail(user, "mpop%d%d" % (i, j)) for j in range(2)]
        bench.put(user, *sent)
        out = os.path.join(bench.folder, "mpop%d" % i)
        for sub in ("", "new", "cur", "tmp"):
            os.makedirs(os.path.join(out, sub), exist_ok=True)
        config = bench.write("mpoprc", "account default\nhost localhost\nport %d\nuser %s\npassword secret\nauth user\nkeep off\n"
                             "received_header off\ndelivery maildir %s\nuidls_file %s.uidls\ntls_trust_file %s\n%s\n"
                             % (bench.port[service], user, out, out, bench.ca, tls))
        bench.run("mpop", "-C", config)
        got = []
        for name in os.listdir(os.path.join(out, "new")):
            with open(os.path.join(out, "new", name), "rb") as file:
                got.append(file.read())
        want(sorted(got) == sorted(m.replace(b"\r\n", b"\n") for m in sent), "mpop has other octets")
        want(bench.inbox(user) == [], "mpop left messages")


def with_smtplib(bench, user):
    sent = [mail(user, "smtplib%d" % i) for i in range(3)]
    for i, message in enumerate(sent):
        port = bench.port["submissions" if i == 2 else "submission"]
        kind = smtplib.SMTP_SSL if i == 2 else smtplib.SMTP
        more = {"context": bench.context} if i == 2 else {}
        with kind("localhost", port, timeout=SECONDS, **more) as smtp:
            if i == 1:
                smtp.starttls(context=bench.context)
            smtp.login(user, "secret")
            refused = smtp.sendmail("a@b.example", [user + "@example.test", "nobody@example.test"], message, ["BODY=8BITMIME"])
            want(list(refused) == ["nobody@example.test"], "other recipients are refused")
    arrived(bench, user, sent)


def with_poplib(bench, user):
    for i in range(3):
        sent = [mail(user, "poplib%d%d" % (i, j)) for j in range(3)]
        bench.put(user, *sent)
        pop3 = (poplib.POP3_SSL("localhost", bench.port["pop3s"], timeout=SECONDS, context=bench.context) if i == 2 else
                poplib.POP3("localhost", bench.port["pop3"], timeout=SECONDS))
        if i == 1:
            pop3.stls(context=bench.context)
        pop3.user(user)
        pop3.pass_("secret")
        want(pop3.stat() == (3, sum(map(len, sent))), "STAT counts wrong")
        want(len(set(pop3.uidl()[1])) == 3, "UIDL is not unique")
        want(pop3.list()[1] == [b"%d %d" % (j + 1, len(message)) for j, message in enumerate(sent)], "LIST has other sizes")
        for j, message in enumerate(sent):
            want(b"".join(line + b"\r\n" for line in pop3.retr(j + 1)[1]) == message, "poplib retrieved other octets")
            head = message[:message.index(b"\r\n\r\n") + 4] + b".dot\r\n"
            want(b"".join(line + b"\r\n" for line in pop3.top(j + 1, 1)[1]) == head, "TOP gives other octets")
        pop3.dele(1)
        pop3.rset()
        pop3.dele(2)
        pop3.quit()
        want(bench.inbox(user) == [sent[0], sent[2]], "DELE did not delete this message")
        pop3 = poplib.POP3("localhost", bench.port["pop3"], timeout=SECONDS)
        pop3.user(user)
        pop3.pass_("secret")
        pop3.dele(1)
        pop3.dele(2)
        pop3.quit()
    sent = mail(user, "gr\u00fc\u00dfe")
    bench.put(user, sent)
    for utf8 in (False, True):
        pop3 = poplib.POP3("localhost", bench.port["pop3"], timeout=SECONDS)
        if utf8:
            pop3.utf8()
        pop3.user(user)
        pop3.pass_("secret")
        try:
            got = b"".join(line + b"\r\n" for line in pop3.retr(1)[1])
            want(utf8 and got == sent, "a header in UTF-8 is sent to who did not ask for it")
        except poplib.error_proto as error:
            want(not utf8 and b"[UTF8]" in error.args[0], "RETR after UTF8: %s" % error)
        pop3.quit()


def idle(imap, change):
    """IDLE by hand, as older imaplibs have none: what is said of a change."""
    tag = imap._new_tag()
    imap.send(tag + b" IDLE\r\n")
    want(imap.readline().startswith(b"+"), "IDLE is not taken")
    change()
    said = imap.readline()
    imap.send(b"DONE\r\n")
    line = imap.readline()
    while not line.startswith(tag):
        want(line.startswith(b"* "), "IDLE ends with %r" % line)
        line = imap.readline()
    return said


def with_imaplib(bench, user):
    for i in range(3):
        imap = (imaplib.IMAP4_SSL("localhost", bench.port["imaps"], ssl_context=bench.context, timeout=SECONDS) if i == 2 else
                imaplib.IMAP4("localhost", bench.port["imap"], timeout=SECONDS))
        if i == 1:
            imap.starttls(ssl_context=bench.context)
        imap.login(user, "secret")
        sent = [mail(user, "imaplib%d%d" % (i, j)) for j in range(3)]
        for message in sent[:2]:
            imap.append("INBOX", "(\\Seen)", None, message)
        want(imap.select()[1] == [b"2"], "SELECT counts wrong")
        said = idle(imap, lambda: bench.put(user, sent[2]))
        want(said.strip() == b"* 3 EXISTS", "IDLE says %r" % said)
        for j, message in enumerate(sent):
            want(imap.fetch(str(j + 1), "(BODY.PEEK[])")[1][0][1] == message, "imaplib fetched other octets")
            want(imap.fetch(str(j + 1), "(BODY.PEEK[]<3.50>)")[1][0][1] == message[3:53], "a partial has other octets")
        want(imap.search(None, "UNSEEN")[1] == [b"3"], "SEARCH finds others")
        want(imap.uid("SEARCH", "SUBJECT", "imaplib%d1" % i)[1][0].count(b" ") == 0, "UID SEARCH finds others")
        want(imap.create("box%d" % i)[0] == "OK", "CREATE is refused")
        want(imap._simple_command("MOVE", "2", "box%d" % i)[0] == "OK" if "MOVE" in imaplib.Commands else
             imap.uid("MOVE", imap.fetch("2", "(UID)")[1][0].split()[2].rstrip(b")").decode(), "box%d" % i)[0] == "OK", "MOVE is refused")
        want(bench.inbox(user, "box%d" % i) == [sent[1]], "MOVE moved other octets")
        imap.store("1:*", "+FLAGS", "(\\Deleted)")
        imap.expunge()
        want(imap.search(None, "ALL")[1] == [b""], "EXPUNGE left messages")
        want(any(b"box%d" % i in line for line in imap.list()[1]), "LIST lacks the mailbox")
        imap.logout()
        want(bench.inbox(user) == [], "messages are left")


class Terminal:
    """A program that wants a terminal, and what it has written there."""

    def __init__(self, bench, *command):
        self.terminal, inner = pty.openpty()
        self.process = subprocess.Popen(command, stdin=inner, stdout=inner, stderr=inner, cwd=bench.folder,
                                        start_new_session=True,
                                        env=dict(os.environ, HOME=bench.folder, LC_ALL="C", TERM="vt100"))
        os.close(inner)
        os.set_blocking(self.terminal, False)
        self.shown = b""

    def read(self):
        try:
            self.shown += os.read(self.terminal, 65536)
        except (BlockingIOError, OSError):  # nothing, or its end
            time.sleep(0.02)

    def wait(self, done):
        end = time.monotonic() + SECONDS
        while not done() and time.monotonic() < end:
            self.read()
        return done()

    def type(self, text):
        os.write(self.terminal, text)

    def close(self):
        ended = self.wait(lambda: self.process.poll() is not None)
        self.process.kill()
        self.process.wait()
        os.close(self.terminal)
        want(ended and self.process.returncode == 0, "ended with %s: %r" % (self.process.returncode, self.shown[-300:]))


def with_neomutt(bench, user):
    options = """set imap_user="%s" imap_pass="secret" smtp_pass="secret" from="a@b.example" use_envelope_from=yes
set hostname="b.example" ssl_starttls=%s ssl_force_tls=no certificate_file="%s" ssl_ca_certificates_file="%s"
set folder="%s://localhost:%d/" spoolfile="+INBOX" smtp_url="%s://%s@localhost:%d/" smtp_authenticators="plain"
set record="" postponed="" trash="" header_cache="" message_cachedir="" charset="utf-8" send_charset="utf-8"
set confirmappend=no confirmcreate=no delete=yes move=no quit=yes wait_key=no sleep_time=0 sort=mailbox-order
set pipe_decode=no pipe_decode_weed=no imap_idle=yes timeout=1 mail_check=600 beep=no text_flowed=no
"""
    for i, (tls, imap, smtp) in enumerate((("no", "imap", "submission"), ("yes", "imap", "submission"), ("no", "imaps", "submissions"))):
        config = bench.write("neomuttrc", options % (user, tls, bench.ca, bench.ca, imap, bench.port[imap],
                                                     smtp.replace("submission", "smtp"), user, bench.port[smtp]))
        start = ["neomutt", "-n", "-F", config]
        # It writes a header of its own.
        bench.run(*start, "-s", "sent%d" % i, user + "@example.test", octets=BODY.replace(b"\r\n", b"\n").replace(b" \t\n", b"\n"))
        got = bench.inbox(user)
        want(len(got) == 1 and got[0].endswith(b"\r\n\r\n" + BODY.replace(b" \t\r\n", b"\r\n")), "neomutt sent other octets")
        sent = [mail(user, "mutt%d%d" % (i, j)) for j in range(3)]
        bench.put(user, *sent[:2])
        # Found, read, moved; the others deleted; then one that comes in IDLE.
        out = os.path.join(bench.folder, "neomutt%d" % i)
        for keys in ("<limit>=B mutt%d1<enter><pipe-message>cat >%s.text<enter><exit>" % (i, out),
                     "<limit>~s mutt%d1<enter><pipe-message>cat >%s<enter><save-message>=box%d<enter><quit>" % (i, out, i),
                     "<delete-pattern>~A<enter><quit>"):
            Terminal(bench, *start, "-e", "push '%s'" % keys).close()
        # "=B" is searched for by the server.
        for path in (out, out + ".text"):
            with open(path, "rb") as file:
                want(file.read() == sent[1].replace(b"\r\n", b"\n"), "neomutt fetched other octets")
        want(bench.inbox(user, "box%d" % i) == [sent[1]], "neomutt moved other octets")
        want(bench.inbox(user) == [], "neomutt left messages")
        neomutt = Terminal(bench, *start)
        want(neomutt.wait(lambda: b"INBOX" in neomutt.shown), "neomutt does not open the mailbox")
        bench.put(user, sent[2])
        want(neomutt.wait(lambda: b"mutt%d2" % i in neomutt.shown), "neomutt does not see what comes in IDLE")
        neomutt.type(b"dq")
        neomutt.close()
        want(bench.inbox(user) == [], "neomutt left the message")


CLIENTS = {"neomutt": with_neomutt, "curl": with_curl, "msmtp": with_msmtp, "swaks": with_swaks, "mbsync": with_mbsync, "fetchmail": with_fetchmail,
           "mpop": with_mpop, "smtplib": with_smtplib, "poplib": with_poplib, "imaplib": with_imaplib}


def main():
    if not os.path.exists(POSTEL):
        print("no postel in this build")
        return SKIPPED
    failed = 0
    with tempfile.TemporaryDirectory(prefix="postel-e2e-") as folder:
        bench = Bench(folder, CLIENTS)
        for name, client in CLIENTS.items():
            if not name.endswith("lib") and shutil.which(name) is None:
                print("%s: not installed, passed over" % name)
                continue
            try:
                client(bench, name)
                print("%s: ok" % name)
            except (Failure, OSError, subprocess.SubprocessError, imaplib.IMAP4.error, poplib.error_proto,
                    smtplib.SMTPException) as error:
                print("%s: %s" % (name, error))
                failed = 1
        bench.stop()
    return failed


if __name__ == "__main__":
    sys.exit(main())
