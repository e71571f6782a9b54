#!/usr/bin/env bash
# afl-fuzz loads libpostel-mutator.so, finds new paths with it, and trims with it
set -euo pipefail
plugin=$BUILD/libpostel-mutator.so
for tool in afl-fuzz afl-clang-fast; do
  if [ -z "$(command -v $tool)" ]; then
    echo "skipped: there is no $tool; script/bootstrap --fuzz installs it"
    exit 77
  fi
done
if [ ! -e "$plugin" ]; then
  echo "skipped: this build has no libpostel-mutator.so"
  exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

cat >"$dir/target.c" <<'END'
#include <stdio.h>
#include <string.h>
int main(void)
{
    static char text[4096];
    size_t len = fread(text, 1, sizeof text - 1, stdin);
    volatile int found = 0;
    text[len] = '\0';
    if (strstr(text, "FETCH (") != NULL) {
        found += strstr(text, "ENVELOPE") != NULL ? 1 : 2;
        if (strstr(text, "NIL") != NULL) {
            found += 4;
        }
    }
    if (strstr(text, "EXPUNGE") != NULL) {
        found += 8;
    }
    if (strchr(text, '{') != NULL) {
        found += 16;
    }
    if (strchr(text, '[') != NULL) {
        found += 32;
    }
    return found > 63;
}
END
AFL_QUIET=1 afl-clang-fast -O0 -o "$dir/target" "$dir/target.c" 2>"$dir/compile.log"
mkdir "$dir/in"
printf '* 1 EXISTS\r\na OK done done done done\r\n' >"$dir/in/seed"

export AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_QUIET=1
export AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1
export AFL_CUSTOM_MUTATOR_LIBRARY=$plugin AFL_CUSTOM_MUTATOR_ONLY=1 POSTEL_MUTATOR=imap:response
(cd "$dir" && timeout 120 afl-fuzz -s 1 -V 4 -i in -o out -- ./target >afl.log 2>&1) || {
  tail -20 "$dir/afl.log"
  echo "afl-fuzz failed"
  exit 1
}
made=("$dir"/out/default/queue/*postel-*)
if [ ! -e "${made[0]}" ]; then
  ls "$dir/out/default/queue"
  echo "no input in the queue was made by the mutator"
  exit 1
fi
echo "${#made[@]} inputs by the mutator, as ${made[0]##*/}"

# What POSTEL_MUTATOR cannot be ends afl-fuzz with a message.
status=0
(cd "$dir" && POSTEL_MUTATOR=imap timeout 120 afl-fuzz -s 1 -V 4 -i in -o wrong -- ./target \
  >wrong.log 2>&1) || status=$?
if [ "$status" -eq 0 ] || ! grep -q "a mutator is for imap:response" "$dir/wrong.log"; then
  tail -20 "$dir/wrong.log"
  echo "a wrong POSTEL_MUTATOR was not refused (exit code $status)"
  exit 1
fi
