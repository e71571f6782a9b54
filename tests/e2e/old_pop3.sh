#!/bin/sh
# SPDX-License-Identifier: MIT
# A POP3 server that knows no CAPA, and closes behind a refused password, breaks nothing by that.
set -eu
[ -x "${POSTEL:-}" ] || exit 77
. tests/support/serve.sh
dir=$(mktemp -d)
pid=
trap 'test -z "$pid" || kill "$pid" 2>/dev/null; rm -rf "$dir"' EXIT
check() {
    selector=$1
    wanted=$2
    shift 2
    : >"$dir/out"
    "$POSTEL" serve --pop3 0 --target "$dir/target.ini" "$@" >"$dir/out" &
    pid=$!
    wait_ready "$dir/out"
    "$POSTEL" check -t "$dir/target.ini" --color never -q "$selector" >"$dir/check" 2>&1 || true
    kill "$pid"
    wait "$pid"
    pid=
    grep -q "$wanted" "$dir/check" || { cat "$dir/check"; exit 1; }
}
check pop3.capa.transaction '0 fail .*1 n/a' --reply 'CAPA: -ERR unknown command'
check pop3.pass.wrong '2 pass  0 fail' --drop-after PASS
