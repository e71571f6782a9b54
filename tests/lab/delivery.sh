#!/usr/bin/env bash
# Mail in by SMTP, out by IMAP and POP3.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
suite target 'delivery.*'
