#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The man page is the one that the commands' tables make.
set -euo pipefail
[ -x "${POSTEL:-}" ] || exit 77
"$POSTEL" help --man | diff -u docs/postel.1 - || {
    echo "write it anew: postel help --man >docs/postel.1"
    exit 1
}
