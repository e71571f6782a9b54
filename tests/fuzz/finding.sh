#!/usr/bin/env bash
# script/fuzz finds a planted bug, minimises the input, and says how to repeat it; what it is asked
# for and cannot do it says clearly.
set -euo pipefail
command -v clang >/dev/null || { echo "clang is not installed"; exit 77; }
. tests/support/expect.sh
work=$(mktemp -d)
trap 'rm -rf "$work" "$expect_out"' EXIT

expect 2 "there is no target 'smtp'; there are: .*smtp_command" script/fuzz smtp
expect 2 "1 or more" script/fuzz --time 0 smtp_command
expect 1 "there is no compiler 'no-such-clang': " env POSTEL_FUZZ_CC=no-such-clang script/fuzz smtp_command

mkdir "$work/seeds"
printf 'MAIL FROM:<a@b.example> SIZE=100 BODY=7BIT AUTH=<> RET=HDRS\r\n' >"$work/seeds/mail"
expect 1 "^FINDING in planted: a value is not written as it was parsed" \
    script/fuzz --time 60 --seeds "$work/seeds" planted
grep -qE '^planted +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+ +1$' "$expect_out"
repeat=$(sed -n 's/^  .* octets; repeat: //p' "$expect_out")
octets=$(sed -n 's/^  \([0-9]*\) octets; repeat: .*/\1/p' "$expect_out")
[ "$octets" -lt 50 ] || { echo "the finding of $octets octets is not minimised"; exit 1; }
expect 1 "a value is not written as it was parsed" bash -c "$repeat || exit 1"
