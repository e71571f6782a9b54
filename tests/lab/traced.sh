#!/usr/bin/env bash
# Real clients through postel trace, with the lab's servers; what the judge says of them is reviewed.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
require_lab
LAB_STATE=$lab exec python3 "$root/tests/lab/lib_traced.py"
