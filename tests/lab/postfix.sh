#!/usr/bin/env bash
# The SMTP and submission cases against Postfix.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
suite postfix
