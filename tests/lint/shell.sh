#!/usr/bin/env bash
# ShellCheck finds nothing in our scripts.
set -euo pipefail
command -v shellcheck >/dev/null || { echo "no shellcheck: script/bootstrap --lint"; exit 77; }
mapfile -t scripts < <(git ls-files -co --exclude-standard | grep -vE '\.(c|h|def|scn|txt|md|req|py)$' |
  xargs grep -lE -m1 '^#!/(usr/bin/env bash|bin/(ba)?sh)|^# shellcheck shell=' 2>/dev/null)
shellcheck -x -S info "${scripts[@]}"
echo "${#scripts[@]} scripts"
