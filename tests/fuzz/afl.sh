#!/usr/bin/env bash
# Two instances of AFL++ on one target, with its own synchronisation (-M, -S): both run, and each
# reads what the other one found.
set -euo pipefail
for tool in afl-clang-fast afl-fuzz; do
    command -v "$tool" >/dev/null || { echo "$tool is not installed: script/bootstrap --fuzz"; exit 77; }
done
work=$(mktemp -d)
trap 'kill "${pids[@]}" 2>/dev/null || true; wait; rm -rf "$work"' EXIT
pids=()
export AFL_QUIET=1
if ! { cmake --preset afl && cmake --build --preset afl --target fuzz_smtp_command; } \
    >"$work/log" 2>&1; then
    tail -n 30 "$work/log"
    exit 1
fi
# Quick to start, quiet, and content with any machine.
export AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 \
    AFL_FAST_CAL=1 AFL_SYNC_TIME=1
mkdir "$work/seeds"
printf ' NOOP\r\n' >"$work/seeds/noop"
printf ' MAIL FROM:<a@b.example> SIZE=1\r\n' >"$work/seeds/mail"
for role in '-M main' '-S second'; do
    # shellcheck disable=SC2086 # two words
    timeout -s INT 90 afl-fuzz -i "$work/seeds" -o "$work/sync" -x fuzz/dict/smtp.dict -V 20 $role \
        -- build/afl/fuzz_smtp_command >"$work/${role#* }.log" 2>&1 &
    pids+=($!)
done
for pid in "${pids[@]}"; do
    wait "$pid" || { tail -n 20 "$work"/*.log; echo "afl-fuzz failed"; exit 1; }
done
for name in main second; do
    runs=$(sed -n 's/^execs_done *: //p' "$work/sync/$name/fuzzer_stats")
    [ "$runs" -gt 500 ] || { echo "$name: only $runs executions"; exit 1; }
    echo "$name: $runs executions"
done
ls "$work/sync/main/.synced/second" "$work/sync/second/.synced/main" >/dev/null || {
    echo "the instances did not read one another's inputs"
    exit 1
}
