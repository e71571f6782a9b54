#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What postel answers when it is used wrongly: exit code and message, nothing hangs.
set -uo pipefail
[ -x "${POSTEL:-}" ] || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset "${!POSTEL_@}"
failed=0

# expect CODE PATTERN ARGUMENT…: postel ends with the code, and what it prints has the pattern.
expect() {
    local code=$1 pattern=$2 got
    shift 2
    timeout 20 "$POSTEL" "$@" >"$work/out" 2>&1 </dev/null
    got=$?
    if [ "$got" != "$code" ] || ! grep -qE -- "$pattern" "$work/out"; then
        echo "postel $*: exit $got, expected $code and /$pattern/:"
        head -8 "$work/out"
        failed=1
    fi
}

# A port on which nothing listens.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
url=imap://127.0.0.1:$port

expect 2 'usage: postel COMMAND'
expect 0 'check +judge a mail server' --help
expect 0 'postel 0\.' --version
expect 0 'usage: postel check' check --help
expect 0 '--json FILE' check --help
expect 2 'did you mean check' chek
expect 2 'no such command' frobnicate
expect 2 'did you mean --junit' check "$url" --junti x
expect 2 'no such option' check "$url" -Z
expect 2 '--json needs a value' check "$url" --json
expect 2 'takes no value' check "$url" --safe=yes
expect 2 'expected a number from 1 to 256' check "$url" -j 0
expect 2 'expected a number' check "$url" -j many
expect 2 'expected a time' check "$url" --timeout soon
expect 2 'hexadecimal' check "$url" --seed xyz
expect 2 '--color is' check "$url" --color blue
expect 2 'no target' check
expect 2 'no target' check smtp.basic
expect 2 'the schemes are' check http://127.0.0.1
expect 2 'a port is' check imap://127.0.0.1:99999
expect 2 'password does not belong' check imap://alice:hunter2@127.0.0.1
expect 2 'selects no case' check "$url" no.such.case
expect 2 'selects no case' list no.such.case
expect 2 'nothing selected' check "$url" '!*'
expect 2 'nothing selected' list --faults no.such.fault
expect 2 'nothing selected' list --rules no.such.rule
expect 0 '^imap\.search-not ' list --faults pop3 'imap.search-*'
expect 2 'expected send, write' check "$url" --allow everything
expect 2 'public address' check imap://192.0.2.1 --allow write
expect 2 'show which case' show
expect 2 'no such case' show no.such.case
expect 2 'no rule and no requirement' explain no.such.rule
expect 0 'in the order they are received' explain rfc2920:3.2-1
expect 0 'nothing to complain about' lint
expect 0 'of testable' list --coverage

timeout 20 "$POSTEL" check imap://alice:hunter2@127.0.0.1 >"$work/out" 2>&1
if grep -q hunter2 "$work/out"; then
    echo "a password was printed"
    failed=1
fi

printf '[target]\nimap = imap://127.0.0.1:0\n' >"$work/bad.ini"
expect 3 'bad.ini:2:25: error: a port' check -t "$work/bad.ini"
expect 3 'No such file' check -t "$work/none.ini"
printf '[target]\nimap = %s\n[user alice]\npassword = @env:NOT_SET_HERE\n' "$url" >"$work/env.ini"
expect 3 'NOT_SET_HERE is not set' check -t "$work/env.ini"
printf 'smtp.x * wrong - why\n' >"$work/baseline"
expect 3 'baseline:1:10: error: expected a verdict' check "$url" --baseline "$work/baseline"
printf '@case\n' >"$work/bad.scn"
expect 3 'bad.scn:1' check "$url" "$work/bad.scn"
expect 3 'bad.scn:1' lint "$work/bad.scn"
POSTEL_DATA=$work/nowhere expect 3 'POSTEL_DATA' list

expect 5 'cannot be written' check "$url" --json "$work/none/x.json"
expect 5 'cannot be written' check "$url" --json "$work"
expect 4 'it does not listen' check "$url" --wait 300ms
expect 4 "$url" check "$url" --json "$work/x.json"
if ! python3 -c 'import json, sys; assert json.load(open(sys.argv[1]))["schema"] == 1' "$work/x.json"; then
    echo "no report of a target that does not listen"
    failed=1
fi
POSTEL_JSON=$work/y.json expect 4 "$url" check "$url"
[ -s "$work/y.json" ] || { echo "POSTEL_JSON was not heard"; failed=1; }
expect 0 'TH POSTEL 1' help --man

exit $failed
