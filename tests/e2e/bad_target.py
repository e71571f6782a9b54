#!/usr/bin/env python3
"""What a user gets wrong is told in a clear line, with the exit code of the manual, at once."""
import os
import socket
import subprocess
import tempfile

import libserver as server
from libcheck import POSTEL, Run, expect, finish, require_check

require_check()
with socket.socket() as unused:
    unused.bind(("127.0.0.1", 0))
    port = unused.getsockname()[1]
    for scheme in ("smtp", "pop3", "imap", "imaps"):
        run = Run(["check", "%s://127.0.0.1:%d" % (scheme, port)], 20)
        expect("%s: nobody listens" % scheme, run, (4,), contains=["127.0.0.1:%d" % port])

expect("unknown scheme", Run(["check", "gopher://127.0.0.1"], 5), (2, 3), report=False, contains=["gopher"])
expect("port out of range", Run(["check", "imap://127.0.0.1:70000"], 5), (2, 3), report=False)
expect("no target", Run(["check"], 5), (2,), report=False)
expect("unknown option", Run(["check", "--no-such"], 5), (2,), report=False, contains=["--no-such"])
expect("no such target file", Run(["check", "-t", "/nowhere.ini"], 5), (3,), report=False, contains=["/nowhere.ini"])
with server.Server("smtp", lambda *_: False) as good:
    url = "smtp://127.0.0.1:%d" % good.port
    expect("no such case", Run(["check", url, "no.such.case"], 10), (2,), report=False, contains=["no.such.case"])
    expect("report cannot be written", Run(["check", url, "--junit", "/nowhere/x.xml"], 60), (5,), report=False,
           contains=["/nowhere/x.xml"])


def refuse(connection, protocol, line, _stop):
    words = line.upper().split() + [b"", b""]
    if words[1 if protocol == "imap" else 0] in (b"LOGIN", b"PASS", b"AUTHENTICATE", b"AUTH"):
        connection.sendall(line.split()[0] + b" NO no\r\n" if protocol == "imap" else b"-ERR no\r\n")
        return True
    return False


# A toy server breaks rules enough for 1; one that breaks none shows what a login that cannot be tried is worth.
for protocol in ("pop3", "imap"):
    with server.Server(protocol, server.at("command", refuse)) as bad:
        run = Run(["check", "%s://alice@127.0.0.1:%d" % (protocol, bad.port), "--secret", "alice=@env:E2E_PASSWORD",
                   "--timeout", "2"], 60, env={"E2E_PASSWORD": "do-not-print-me"})
        expect("%s: wrong password" % protocol, run, (1,), contains=["the login of alice is refused"])


def refuse_auth(connection, _protocol, line, _stop):
    word = line.split()[0].upper()
    if word not in (b"EHLO", b"AUTH"):
        return False
    connection.sendall(b"250-mail.example.test\r\n250 AUTH PLAIN\r\n" if word == b"EHLO" else b"535 5.7.8 no\r\n")
    return True


with server.Server("smtp", server.at("command", refuse_auth)) as bad:
    run = Run(["check", "smtp://alice@127.0.0.1:%d" % bad.port, "smtp.auth.plain", "smtp.auth.twice", "--timeout", "2"],
              20, env={"POSTEL_PASSWORD_ALICE": "do-not-print-me"})
    expect("smtp: wrong password", run, (4,), contains=["the login of alice is refused: 535 5.7.8 no"])
with subprocess.Popen([POSTEL, "serve", "--tls", "--submission", "0", "--pop3", "0", "--imap", "0"], stdout=subprocess.PIPE, text=True) as good:
    urls = {}
    for line in good.stdout:
        if line.startswith("ready"):
            break
        urls[line.split()[0]] = "%s://alice@%s?verify=no" % tuple(line.split())
    for protocol, url in urls.items():
        run = Run(["check", url, "--secret", "alice=@env:E2E_PASSWORD"], 60, env={"E2E_PASSWORD": "do-not-print-me"})
        expect("%s: wrong password, good server" % protocol, run, (4,), contains=["the login of alice is refused"])
        if protocol == "submission":
            expect("submission: logs in before mail", Run(["check", url], 60, env={"POSTEL_PASSWORD_ALICE": "secret1"}),
                   (0,))
            expect("submission: no user", Run(["check", url.replace("alice@", "")], 60), (4,),
                   contains=["takes no mail without a login"])
            continue
        expect("%s: no password, good server" % protocol, Run(["check", url, "--safe"], 60), (4,),
               contains=["--secret alice=@env:", "POSTEL_PASSWORD_ALICE"])
        expect("%s: no user, good server" % protocol, Run(["check", url.replace("alice@", ""), "--safe"], 60), (4,),
               contains=["name a user"])
    good.terminate()

with tempfile.TemporaryDirectory() as folder:
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=elsewhere.example.test", "-keyout", folder + "/key",
                    "-out", folder + "/cert"], check=True, stderr=subprocess.DEVNULL)
    import ssl
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder + "/cert", folder + "/key")
    with server.Server("imap", lambda *_: False) as good:
        plain = good.serve

        def serve(connection):
            try:
                plain(context.wrap_socket(connection, server_side=True))
            except (ssl.SSLError, OSError):
                connection.close()
        good.serve = serve
        url = "imaps://127.0.0.1:%d" % good.port
        expect("certificate of nobody we know", Run(["check", url], 20), (4,), contains=["certificate"])
        expect("certificate of another name", Run(["check", url + "?ca=%s/cert" % folder], 20), (4,),
               contains=["certificate"])
os.environ.pop("E2E_PASSWORD", None)
finish()
