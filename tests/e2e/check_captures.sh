#!/bin/sh
# What check writes with --trace and --pcap can be judged: the same octets in both, a password in
# neither. Values may come from a file.
set -eu
[ -n "${POSTEL:-}" ] || exit 77
. tests/support/serve.sh
dir=$(mktemp -d)
pid=
trap 'test -z "$pid" || kill "$pid" 2>/dev/null; rm -rf "$dir"' EXIT

"$POSTEL" serve --smtp 0 --imap 0 --pop3 0 --tls --user alice:do-not-print-me \
    --save-ca "$dir/ca.pem" --target "$dir/target.ini" >"$dir/out" &
pid=$!
wait_ready "$dir/out"
printf '# who is not there\nrcpt.bad = nobody@example.test ; refused\n' >"$dir/values"
"$POSTEL" check -t "$dir/target.ini" --vars "$dir/values" --trace "$dir/trace" --pcap "$dir/pcap" \
    -q imap.sessions.three imap.starttls.upgrade imap.cut-anywhere pop3.stat \
    smtp.pipelining.message delivery.trace
count=$(find "$dir/trace" -name '*.trace' | wc -l)
[ "$count" -ge 7 ] || { echo "$count traces"; ls "$dir/trace"; exit 1; }
[ "$count" = "$(find "$dir/pcap" -name '*.pcapng' | wc -l)" ]
if grep -r do-not-print-me "$dir/trace" "$dir/pcap"; then exit 1; fi
sums() { sed -n 's/.*, \([A-Z0-9]*: [0-9]* octets in [0-9]* units: .*\)/\1/p' | sort; }
for trace in "$dir"/trace/*.trace; do
    name=$(basename "$trace" .trace)
    "$POSTEL" judge "$trace" | sums >"$dir/one"
    "$POSTEL" judge "$dir/pcap/$name.pcapng" | sums >"$dir/other"
    [ -s "$dir/one" ] || { echo "$name: nothing was judged"; exit 1; }
    diff "$dir/one" "$dir/other" || { echo "$name: not the same"; exit 1; }
    # The delivery cases send 8-bit mail whether or not the server has offered to take it.
    [ "$name" = delivery.trace ] && continue
    if grep -v ' 0 violations' "$dir/one"; then echo "$name: violations" && exit 1; fi
done
printf 'no value\n' >"$dir/values"
status=0
"$POSTEL" check imap://127.0.0.1 --vars "$dir/values" 2>"$dir/err" || status=$?
[ $status = 3 ] && grep -q 'values:1:1: error: expected' "$dir/err"
status=0
"$POSTEL" check imap://127.0.0.1:1 --trace /nowhere/x 2>"$dir/err" || status=$?
[ $status = 5 ] && grep -q '/nowhere/x: cannot be written' "$dir/err"
echo "$count conversations, the same in both"
