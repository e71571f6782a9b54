#!/usr/bin/env bash
# The transcripts of tests/vectors get exactly the findings that they are marked with.
set -euo pipefail
[ -x "${POSTEL:-}" ] || exit 77
exec tests/vectors.py "$POSTEL" tests/vectors/*/*.vec
