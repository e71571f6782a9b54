#!/bin/sh
# SPDX-License-Identifier: MIT
# Repetitions of a case that run at the same time are not in each other's way.
set -eu
[ -x "${POSTEL:-}" ] || exit 77
. tests/support/serve.sh
dir=$(mktemp -d)
pid=
trap 'test -z "$pid" || kill "$pid" 2>/dev/null; rm -rf "$dir"' EXIT
: >"$dir/out"
"$POSTEL" serve --imap 0 --target "$dir/target.ini" >"$dir/out" &
pid=$!
wait_ready "$dir/out"
"$POSTEL" check -t "$dir/target.ini" --color never --repeat 8 -j 8 imap.view.status-agrees \
    >"$dir/check" || { cat "$dir/check"; exit 1; }
