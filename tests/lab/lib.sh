# shellcheck shell=bash disable=SC2034
# Where the lab's state is, and on which ports; for up, down and script/*.
# POSTEL_LAB: the state folder. The default lies in the temp folder, as the servers' own users
# must be able to enter it and paths of unix sockets are short.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
lab=${POSTEL_LAB:-${TMPDIR:-/tmp}/postel-lab-$(printf %s "$root" | cksum | cut -d' ' -f1)}
# alice and bob, and who stands in for them in each of the other sets; others receive mail in tests.
sets=8
users=(alice bob u7 u8)
for set in $(seq 2 "$sets"); do users+=("alice$set" "bob$set"); done
domain=example.test

say() { echo "lab: $*"; }
die() {
  echo "lab: $*" >&2
  exit 1
}

# The process of this pid file runs.
alive() { [ -s "$1" ] && kill -0 "$(tr -d ' \n' <"$1")" 2>/dev/null; }

dovecot_pid=$lab/dovecot/run/master.pid
postfix_pid=$lab/postfix/queue/pid/master.pid

# Ends the process of a pid file with its children, and waits until it is gone.
stop() {
  local pid
  alive "$1" || return 0
  pid=$(tr -d ' \n' <"$1")
  kill -TERM "$pid"
  for _ in $(seq 100); do
    kill -0 "$pid" 2>/dev/null || return 0
    sleep 0.1
  done
  say "process $pid does not end: killing it"
  kill -KILL "$pid" 2>/dev/null || true
}

# For tests: the lab is up after this, or the test is skipped.
require_lab() {
  [ "$(id -u)" -eq 0 ] || { echo "the lab needs root" && exit 77; }
  PATH=$PATH:/usr/sbin:/sbin command -v dovecot postfix >/dev/null ||
    { echo "no Dovecot or Postfix here: script/bootstrap --lab" && exit 77; }
  "$root/tests/lab/up" || exit 1
}

# Runs cases against a target of the lab and compares with the reviewed baseline: a new finding
# fails, and so does one that has vanished.
suite() { # TARGET [SELECT…]
  require_lab
  [ -x "${POSTEL:-}" ] || { echo "no postel in this build" && exit 77; }
  local out=${BUILD:-$root/build/dev}/lab/$1
  mkdir -p "$out"
  "$POSTEL" check -t "$lab/$1.ini" --baseline "$root/tests/lab/$1.baseline" --baseline-strict \
    --json "$out/report.json" --junit "$out/report.xml" "${@:2}"
}
