#!/bin/sh
# SPDX-License-Identifier: MIT
# The cases are proven against the built-in server and its faults, and the table of what was seen is
# that of today. To make it anew: postel selftest --write
set -eu
[ -x "${POSTEL:-}" ] || exit 77
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# Every case can fail, and every fault is seen.
"$POSTEL" selftest -j 6 >"$dir/out" || {
    sed -n '/^$/,$p' "$dir/out"
    exit 1
}
tail -n 1 "$dir/out"

# What it saw is told where people ask.
"$POSTEL" show smtp.rset.stays-open | grep -q 'smtp.rset-closes'
"$POSTEL" explain smtp.reply-line | grep -q 'smtp.reply-space'

# A part, as JSON.
"$POSTEL" selftest --fault smtp.rset-closes --json smtp.rset >"$dir/json"
python3 - "$dir/json" <<'PY'
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    result = json.load(file)
[fault] = result["faults"]
assert fault["seen"] and "smtp.rset.stays-open" in fault["cases"], fault
assert result["complaints"] == [], result["complaints"]
PY

# A fault that there is not.
expect() {
    got=0
    "$POSTEL" "$1" --fault "$2" 2>"$dir/err" || got=$?
    { [ "$got" = 2 ] && grep -q "$3" "$dir/err"; } || {
        echo "$1 --fault $2: $got: $(cat "$dir/err")"
        exit 1
    }
}
expect selftest no.such 'postel list --faults'
expect selftest smtp.rset-close 'did you mean smtp.rset-closes?'
expect serve no.such 'postel list --faults'
