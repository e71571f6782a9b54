#!/usr/bin/env python3
"""Servers that take no password, or no mail, without TLS: TLS is begun before the case's first line
where that is possible; otherwise one clear reason is told, and no requirement is said to be broken."""
import os
import ssl
import subprocess
import tempfile

import libserver as server
from libcheck import Run, expect, finish, require_check

SCENARIOS = {
    "imap": """@protocol imap
@include "common/imap.scn"
@case  e2e.login
@req   rfc9051:6.2.3-1
@safe
@use  login()
C: a1 NOOP
S: a1 OK
@case  e2e.greeting
@req   rfc9051:7-1
@safe
S: * OK
C: a2 LOGOUT
S: a2 OK
""",
    "pop3": """@protocol pop3
@include "common/pop3.scn"
@case  e2e.login
@req   rfc1939:3-1
@safe
@use  login()
C: STAT
S: +OK
@case  e2e.choice-elsewhere
@req   rfc1939:3-1
@safe
@connect a pop3
@connect b pop3 as alice
a.S: +OK
a.C: CAPA
@any
@pass
a.S: +OK
@info
a.S: -ERR
@end
b.S: +OK
b.C: USER ${alice.login}
b.S: +OK
b.C: PASS ${alice.password}
b.S: +OK
""",
    "smtp": """@protocol smtp
@include "common/smtp.scn"
@case  e2e.mail
@req   rfc5321:4.2-1
@safe
@use  ehlo()
C: MAIL FROM:<>
S: 250
""",
}
CAPABILITY = {
    "imap": b"* CAPABILITY IMAP4rev1 %sLOGINDISABLED\r\n",
    "pop3": b"+OK\r\n%sUIDL\r\n.\r\n",
    "smtp": b"250-mail.example.test\r\n%s250 8BITMIME\r\n",
}
OFFER = {"imap": b"STARTTLS ", "pop3": b"STLS\r\n", "smtp": b"250-STARTTLS\r\n"}


def guarded(context, offers):
    """A fault: without TLS, capabilities, STARTTLS and farewells are all that is taken."""
    def fault(connection, protocol, moment, line, _stop):
        if moment != "command" or isinstance(connection, ssl.SSLSocket):
            return False
        words = line.upper().split()
        tag = words[0] if protocol == "imap" else b""
        word = words[1] if protocol == "imap" else words[0]
        if word in (b"CAPABILITY", b"CAPA", b"EHLO"):
            connection.sendall(CAPABILITY[protocol] % (OFFER[protocol] if offers else b""))
            if tag:
                connection.sendall(line.split()[0] + b" OK done\r\n")
        elif word in (b"STARTTLS", b"STLS") and offers:
            connection.sendall({"imap": line.split()[0] + b" OK go\r\n", "pop3": b"+OK go\r\n",
                                "smtp": b"220 go\r\n"}[protocol])
            try:
                with context.wrap_socket(connection, server_side=True) as tls:
                    target.converse(tls)
            except (ssl.SSLError, OSError):
                pass
            raise server.Gone
        elif word in (b"LOGOUT", b"QUIT", b"NOOP"):
            return False
        else:
            connection.sendall({"imap": line.split()[0] + b" NO not without TLS\r\n",
                                "pop3": b"-ERR not without TLS\r\n",
                                "smtp": b"530 5.7.0 Must issue a STARTTLS command first\r\n"}[protocol])
        return True
    return fault


require_check()
with tempfile.TemporaryDirectory() as folder:
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=mail.example.test", "-keyout", folder + "/key",
                    "-out", folder + "/cert"], check=True, stderr=subprocess.DEVNULL)
    tls_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls_context.load_cert_chain(folder + "/cert", folder + "/key")
    rows = [
        ("upgraded where needed", True, "?verify=no", (0,), ()),
        ("upgraded when told to", True, "?starttls=require&verify=no", (0,), ()),
        ("certificate refused", True, "", (4,), ("certificate is refused", "verify=no")),
        ("told not to", True, "?starttls=no&verify=no", (4,), ("leave out starttls=no",)),
        ("not offered", False, "?verify=no", (4,), ("without TLS",)),
        ("required, not offered", False, "?starttls=require", (4,), ("offers no ST",)),
    ]
    for kind, text in SCENARIOS.items():
        path = "%s/%s.scn" % (folder, kind)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        for name, offered, query, codes, says in rows:
            with server.Server(kind, guarded(tls_context, offered)) as target:
                url = "%s://%s127.0.0.1:%d%s" % (kind, "" if kind == "smtp" else "alice@", target.port, query)
                run = Run(["check", url, path, "--timeout", "2"], 30, env={"POSTEL_PASSWORD_ALICE": "alice-secret"})
                expect("%s: %s" % (kind, name), run, codes, contains=says)
                if "refused" in name and run.output.count("certificate is refused") > 3:
                    expect("%s: told once" % kind, run, ())
os.environ.pop("POSTEL_PASSWORD_ALICE", None)
finish()
