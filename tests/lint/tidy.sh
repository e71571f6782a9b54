#!/usr/bin/env bash
# clang-tidy finds nothing, with the checks of .clang-tidy. Takes minutes: label tidy.
set -euo pipefail
command -v clang-tidy >/dev/null || { echo "no clang-tidy: script/bootstrap --lint"; exit 77; }
build=${BUILD:-build/lint}
[ -s "$build/compile_commands.json" ] || { echo "$build holds no compile_commands.json"; exit 77; }
mapfile -t sources < <(git ls-files -co --exclude-standard '*.c' | grep -vE '^(tests|fuzz/examples)/')
printf '%s\0' "${sources[@]}" | xargs -0 -n 1 -P "$(nproc)" clang-tidy -p "$build" --quiet 2>/dev/null
echo "${#sources[@]} files"
