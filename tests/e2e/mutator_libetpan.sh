#!/usr/bin/env bash
# fuzz/examples/libetpan/run fetches, builds and measures; some seconds are enough to get far
set -euo pipefail
run=fuzz/examples/libetpan/run
fail() {
  echo "$1"
  exit 1
}

"$run" --help | grep -q "^usage: $run" || fail "no usage"
for wrong in "--seconds 0" "--only seeds" "--nothing"; do
  # shellcheck disable=SC2086 # two words each
  if text=$("$run" $wrong 2>&1); then
    fail "$wrong was taken"
  fi
  case $text in
    "$run: "*) ;;
    *) fail "$wrong: $text" ;;
  esac
done

status=0
text=$("$run" --seconds 3 --repeat 1 --only empty-mutator 2>&1) || status=$?
case $text in
  *"there is no "* | *"this failed: apt-get"* | *"knows no Debian mirror"*)
    echo "skipped: $text"
    exit 77
    ;;
esac
echo "$text"
[ "$status" -eq 0 ] || fail "exit code $status"
edges=$(sed -n 's/^empty-mutator  *seed 1 *\([0-9]*\) edges.*/\1/p' <<<"$text")
# In the same time libFuzzer alone gets to 800.
[ "$edges" -gt 1500 ] || fail "$edges edges"
