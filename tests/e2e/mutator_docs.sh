#!/usr/bin/env bash
# What docs/fuzz-your-parser.md says about the mutator compiles and runs as it stands there.
set -euo pipefail
root=$PWD
if [ ! -e "$BUILD/libpostel-mutator.a" ] || [ ! -e "$BUILD/libpostel-mutator.so" ]; then
  echo "skipped: this build has no libpostel-mutator"
  exit 77
fi
if [ -z "$(command -v clang)" ]; then
  echo "skipped: install clang"
  exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/build"
ln -s "$BUILD" "$dir/build/release"
ln -s "$root/fuzz" "$dir/fuzz"

# The block of a language: block c 2 is the second one in C.
block() {
  awk -v start="\`\`\`$1" -v wanted="$2" '
    $0 == "```" { inside = 0 }
    inside && count == wanted { print }
    $0 == start { inside = 1; count++ }' docs/fuzz-your-parser.md
}

block c 1 >"$dir/target.c"
block c 2 >"$dir/mutations.c"
block sh 2 >"$dir/libfuzzer.sh"
block sh 3 >"$dir/afl.sh"
block sh 4 >"$dir/other.sh"
cd "$dir"

bash -euo pipefail libfuzzer.sh >libfuzzer.log 2>&1 || {
  tail -20 libfuzzer.log
  echo "the commands for libFuzzer failed"
  exit 1
}
grep -q "found LLVMFuzzerCustomMutator" libfuzzer.log
grep -qa "SEARCH" corpus/*

bash -euo pipefail other.sh >other.log
[ "$(grep -c ':$' other.log)" -ge 10 ] || {
  cat other.log
  echo "not ten mutations"
  exit 1
}

if [ -z "$(command -v afl-clang-fast)" ] || [ -z "$(command -v afl-fuzz)" ]; then
  echo "without AFL++: script/bootstrap --fuzz installs it"
  exit 0
fi
cat >stdin.c <<'END'
#include <stdio.h>
#include <string.h>
int main(void)
{
    static char text[4096];
    (void)fread(text, 1, sizeof text - 1, stdin);
    return strstr(text, "FETCH") != NULL ? 1 : strstr(text, "LIST") != NULL ? 2 : 0;
}
END
AFL_QUIET=1 afl-clang-fast -o target stdin.c 2>afl.log
export AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1
sed 's/afl-fuzz/timeout 120 afl-fuzz -V 4/' afl.sh >afl_short.sh
bash -euo pipefail afl_short.sh >>afl.log 2>&1 || {
  tail -20 afl.log
  echo "the commands for AFL++ failed"
  exit 1
}
grep -q "libpostel-mutator.so" afl.log
