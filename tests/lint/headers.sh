#!/usr/bin/env bash
# Each header compiles alone.
set -euo pipefail
flags=(-std=c17 -fsyntax-only -Wall -Wextra -Werror -I. -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE)
read -ra libraries <<<"$(pkg-config --cflags libuv libxml-2.0 jansson libgsasl 2>/dev/null || true)"
mapfile -t headers < <(git ls-files -co --exclude-standard '*.h')
printf '%s\0' "${headers[@]}" | xargs -0 -n 1 -P 2 "${CC:-gcc}" "${flags[@]}" "${libraries[@]}" -x c
echo "${#headers[@]} headers"
