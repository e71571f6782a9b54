#!/usr/bin/env bash
# The libraries of parsers/ and session/ need nothing but mem* and what the compiler puts in: the
# proof that they do no I/O and allocate nothing.
set -euo pipefail
build=${BUILD:-build/dev}
[ -s "$build/libpostel_parsers.a" ] || { echo "$build holds no build"; exit 77; }
libraries=("$build/libpostel_parsers.a" "$build/libpostel_session.a")
own=$(nm --defined-only "${libraries[@]}" | awk 'NF >= 3 && $2 != "U" { print $3 }' | sort -u)
# strlen: the compiler writes it for a loop over text. __assert_fail: asserts stay on.
foreign=$(nm -u "${libraries[@]}" | awk '$1 == "U" { print $2 }' | sort -u |
  grep -vxE '(__)?mem(cpy|move|set|cmp|chr)(_chk)?|strlen|__assert_fail|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_|__(asan|ubsan|sanitizer|msan|sancov|gcov|llvm|afl)_.*' |
  grep -vxF "$own" || true)
if [ -n "$foreign" ]; then
  echo "symbols that the pure rooms must not need:"
  echo "$foreign"
  exit 1
fi
echo "$(wc -l <<<"$own") symbols, none foreign"
