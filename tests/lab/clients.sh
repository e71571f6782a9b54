#!/usr/bin/env bash
# The lab itself works, as Python's mail clients see it.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
require_lab
"$root/tests/lab/check" "$lab"
