#!/usr/bin/env bash
# clang-format has nothing to say. `script/lint --fix` formats.
set -euo pipefail
command -v clang-format >/dev/null || { echo "no clang-format: script/bootstrap --lint"; exit 77; }
mapfile -t sources < <(git ls-files -co --exclude-standard '*.c' '*.h')
clang-format --dry-run -Werror "${sources[@]}"
echo "${#sources[@]} files"
