# shellcheck shell=bash
# What the scripts of this folder share. They run from the project's root.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

step() { # TEXT COMMAND…: says what happens, and how long it took
  local text=$1 start=$SECONDS
  shift
  printf '\n== %s\n' "$text"
  if ! "$@"; then
    printf '\n== %s: failed. Command: %s\n' "$text" "$*" >&2
    return 1
  fi
  printf '== %s: done in %d s\n' "$text" $((SECONDS - start))
}

# Configures and builds a preset. In a log only what goes wrong; on a terminal one moving line.
build() { # PRESET [TARGET…]
  local preset=$1 log=build/$1.log
  shift
  mkdir -p build
  cmake --preset "$preset" >"$log" 2>&1 || {
    cat "$log" >&2
    return 1
  }
  if [ -t 1 ]; then
    cmake --build --preset "$preset" ${1:+--target "$@"}
  else
    cmake --build --preset "$preset" ${1:+--target "$@"} >"$log" 2>&1 || {
      grep -E 'error|FAILED|undefined' -A 5 "$log" | head -n 80 >&2
      return 1
    }
    tail -n 1 "$log"
  fi
}

usage_error() { # TEXT: points to --help
  echo "$0: $1; see $0 --help" >&2
  exit 2
}
