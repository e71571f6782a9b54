#!/usr/bin/env bash
# The generator and the recogniser on the command line: what one makes the other accepts.
set -euo pipefail
. tests/support/expect.sh
work=$(mktemp -d)
trap 'rm -rf "$work" "$expect_out"' EXIT

for unit in imap:response imap:command imap4rev1:response imap4rev1:command smtp:command smtp:reply pop3:command pop3:response \
    pop3:capability-line message:address-list message:date-time message:content-type; do
    "$POSTEL" generate "$unit" --count 60 --seed 7 --max-octets 600 --output "$work/units"
    "$POSTEL" recognise "$unit" "$work"/units/* >"$work/out"
    [ "$(grep -c ': accepted$' "$work/out")" = 60 ]
    rm -r "$work/units"
done
[ "$("$POSTEL" generate imap:response --seed 3 --count 20 | md5sum)" = \
    "$("$POSTEL" generate imap:response --seed 3 --count 20 | md5sum)" ]
# The fuzzers' dictionaries are what the grammars say.
for protocol in imap smtp pop3 message; do
    "$POSTEL" generate "$protocol" --dictionary | diff - "fuzz/dict/$protocol.dict"
done
# RFC 3501 knows neither ESEARCH nor RFC 9051's keywords.
printf '* ESEARCH ALL 1\r\n' >"$work/unit"
expect 0 "accepted" "$POSTEL" recognise imap:response "$work/unit"
expect 1 "rejected at octet" "$POSTEL" recognise imap4rev1:response "$work/unit"
"$POSTEL" generate imap4rev1 --dictionary >"$work/out"
grep -q '"RFC822.SIZE"' "$work/out"
[ "$(grep -c ESEARCH "$work/out")" = 0 ]
expect 2 "there is no such protocol" "$POSTEL" generate ftp --dictionary
expect 0 "choices used" "$POSTEL" generate smtp:reply --count 200 --coverage
printf '* 1 FETCH (UID 0)\r\n' >"$work/unit"
expect 1 "rejected at octet 15 \\(0x30\\); expected there: nz-number" "$POSTEL" recognise imap:response "$work/unit"
expect 2 "no grammar foo" "$POSTEL" recognise foo:bar "$work/unit"
expect 2 "no such rule" "$POSTEL" generate smtp:nothing
expect 2 "did you mean imap:response?" "$POSTEL" generate imap:respnse
expect 2 "did you mean imap:append?" "$POSTEL" recognise imap:apend "$work/unit"
expect 2 "standard output" "$POSTEL" generate imap --dictionary --output "$work/units"
expect 5 "No such file" "$POSTEL" generate imap:response --output "$work/none/units"
expect 2 "PROTOCOL:RULE" "$POSTEL" generate smtp
expect 3 "No such file" "$POSTEL" recognise imap:response "$work/none"
