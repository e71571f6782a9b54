#!/usr/bin/env bash
# cmake --install gives a postel that finds its scenarios and knows as many cases as the source tree.
set -euo pipefail
[ -x "${POSTEL:-}" ] || { echo "no postel in this build"; exit 77; }
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
cmake --install "$BUILD" --prefix "$prefix" >"$prefix/log" || { cat "$prefix/log"; exit 1; }
export POSTEL_DATA=$prefix/share/postel
cd "$prefix"
bin/postel --version
bin/postel list >here
bin/postel lint
POSTEL_DATA='' "$POSTEL" list >there
diff here there
[ -s here ] || { echo "no cases"; exit 1; }
echo "$(wc -l <here) cases"
