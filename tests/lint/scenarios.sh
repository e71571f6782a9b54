#!/usr/bin/env bash
# All scenarios load, and `postel lint` finds nothing in them.
set -euo pipefail
[ -x "${POSTEL:-}" ] || { echo "no postel in this build"; exit 77; }
"$POSTEL" lint
