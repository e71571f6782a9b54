#!/bin/sh
# The built-in server under real clients: mail that curl and Python's libraries send is there, octet
# for octet, by POP3, in plain, with STARTTLS and STLS, and inside TLS.
set -eu
[ -n "${POSTEL:-}" ] && command -v curl >/dev/null && command -v python3 >/dev/null || exit 77
. tests/support/serve.sh
dir=$(mktemp -d)
pid=
trap 'test -z "$pid" || kill "$pid" 2>/dev/null; rm -rf "$dir"' EXIT

: >"$dir/out"
"$POSTEL" serve --smtp 0 --submission 0 --lmtp 0 --pop3 0 --smtps 0 --pop3s 0 --tls \
    --save-ca "$dir/ca.pem" --target "$dir/target.ini" >"$dir/out" &
pid=$!
wait_ready "$dir/out"
port() { sed -n "s/^$1 .*://p" "$dir/out"; }

printf 'Subject: one\r\n\r\n.dot\r\n..dots\r\n\303\274 \t\r\n\r\n.\r\nend\r\n' >"$dir/mail"
send() { curl -sS --mail-from a@b.example -T "$dir/mail" --cacert "$dir/ca.pem" "$@"; }
fetch() { curl -sS --cacert "$dir/ca.pem" -u alice:secret1 "$@"; }
send "smtp://localhost:$(port smtp)" --mail-rcpt alice@example.test
send "smtp://localhost:$(port submission)" --ssl-reqd -u alice:secret1 \
    --mail-rcpt alice@example.test
send "smtps://localhost:$(port smtps)" -u alice:secret1 --mail-rcpt alice@example.test
for url in "pop3://localhost:$(port pop3)/1" "pop3s://localhost:$(port pop3s)/2"; do
    fetch "$url" >"$dir/got"
    # The trace lines are in front of the message.
    tail -c "$(wc -c <"$dir/mail")" "$dir/got" | cmp - "$dir/mail"
    grep -q '^Return-Path: <a@b.example>' "$dir/got"
done
fetch --ssl-reqd "pop3://localhost:$(port pop3)/3" | grep -q 'with ESMTPSA'

python3 - "$(port smtp)" "$(port lmtp)" "$(port pop3)" <<'PY'
import poplib
import smtplib
import sys

smtp_port, lmtp_port, pop3_port = map(int, sys.argv[1:])
text = b"Subject: two\r\n\r\n" + b"x" * 990 + b"\r\n.\r\nend\r\n"
with smtplib.SMTP("127.0.0.1", smtp_port, timeout=10) as smtp:
    smtp.login("bob", "secret2")
    refused = smtp.sendmail("a@b.example", ["bob@example.test", "nobody@example.test"], text)
    assert refused == {"nobody@example.test": (550, b"5.1.1 No such user here")}, refused
with smtplib.LMTP("127.0.0.1", lmtp_port) as lmtp:
    assert lmtp.sendmail("a@b.example", ["bob@example.test"], text) == {}
pop3 = poplib.POP3("127.0.0.1", pop3_port, timeout=10)
pop3.user("bob")
pop3.pass_("secret2")
assert pop3.stat()[0] == 2, pop3.stat()
for number in (1, 2):
    lines = pop3.retr(number)[1]
    assert b"\r\n".join(lines).endswith(text[:-2]), lines
    assert pop3.list(number).split()[2] == str(sum(len(line) + 2 for line in lines)).encode()
pop3.dele(1)
pop3.quit()
pop3 = poplib.POP3("127.0.0.1", pop3_port, timeout=10)
pop3.user("bob")
pop3.pass_("secret2")
assert pop3.stat()[0] == 1, pop3.stat()
pop3.quit()
PY

# The target file that it writes is all that a check needs.
[ "$(stat -c %a "$dir/target.ini")" = 600 ]
"$POSTEL" check -t "$dir/target.ini" --color never smtp.quit pop3.auth lmtp.lhlo \
    delivery.pop3 >"$dir/check" || { cat "$dir/check"; exit 1; }

kill "$pid"
wait "$pid" || { echo "serve did not end cleanly"; exit 1; }
pid=

# What cannot be used is said in a line.
expect() {
    code=$1
    text=$2
    shift 2
    got=0
    "$POSTEL" serve "$@" >/dev/null 2>"$dir/err" || got=$?
    [ "$got" = "$code" ] || { echo "serve $*: exit $got, not $code"; exit 1; }
    grep -q -- "$text" "$dir/err" || { echo "serve $*: $(cat "$dir/err")"; exit 1; }
}
expect 2 'did you mean smtp.quit-code' --fault smtp.quit-cod
expect 5 'cannot be written' --smtp 0 --target "$dir/missing/target.ini"
expect 2 'is no address' --smtp 127.0.0.1:x
expect 2 'is no address' --smtp '[::1'
expect 2 'is no address' --smtp 65536
expect 5 'no such file or directory' --smtp "$dir/missing/socket"
expect 2 'NAME:PASSWORD' --user alice
expect 5 'cannot be read' --smtp 0 --mbox "$dir/missing"
expect 5 'is no mbox' --smtp 0 --mbox "$dir/ca.pem"
expect 5 'certificate cannot be used.*No such file' --smtp 0 --tls --cert "$dir/missing"
expect 5 'certificate cannot be used.*no PEM' --smtp 0 --tls --cert "$dir/out"
expect 5 'key cannot be used' --smtp 0 --tls --cert "$dir/ca.pem"
expect 2 'wants --tls' --smtp 0 --cert "$dir/ca.pem"
expect 2 'wants --cert' --smtp 0 --tls --key "$dir/ca.pem"
expect 2 'Alice is there twice' --user alice:a --user Alice:b
expect 2 '"a@b.example" is no name' --user a@b.example:secret
expect 2 'password of alice is empty' --user alice:
expect 2 '--domain: the value is empty; expected NAME' --domain ''
expect 2 '--domain: "a b" is no domain' --domain 'a b'
expect 2 'is no domain.*in ASCII' --host-name "$(printf 'b\303\274cher.example')"
expect 2 '"smtp.quit-code," has an empty word' --fault smtp.quit-code,
expect 2 '"RCPT:451": expected COMMAND' --smtp 0 --reply RCPT:451
expect 2 'did you mean RCPT' --smtp 0 --reply 'rctp: 451 x'
expect 2 'did you mean RETR' --pop3 0 --drop-after DELE,RTR
expect 2 '"FETCH" is no command of what is served' --smtp 0 --pop3 0 --drop-after FETCH
expect 2 'did you mean FETCH' --imap 0 --delay FETHC=5s
expect 2 'expected COMMAND=TIME' --imap 0 --delay FETCH=5
expect 2 'expected COMMAND=TIME' --imap 0 --delay FETCH=86401s
expect 2 'did you mean STARTTLS' --smtp 0 --hide starttsl
expect 2 'did you mean QRESYNC' --imap 0 --hide QRESNYC
expect 2 'of what is served$' --smtp 0 --hide FOO
expect 2 'expected printable ASCII' --imap 0 --offer "$(printf 'X\rY')"
expect 5 'cannot be read' --smtp 0 --maildir "$dir/missing"
python3 - "$POSTEL" <<'PY'
import socket
import subprocess
import sys

with socket.create_server(("127.0.0.1", 0)) as taken:
    port = str(taken.getsockname()[1])
    run = subprocess.run([sys.argv[1], "serve", "--smtp", "0", "--imap", port], capture_output=True, text=True,
                         timeout=10, check=False)
assert run.returncode == 5 and run.stdout == "", run
assert run.stderr == "postel: cannot listen on 127.0.0.1 port %s: address already in use\n" % port, run.stderr
PY
