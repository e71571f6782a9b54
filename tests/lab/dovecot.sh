#!/usr/bin/env bash
# The IMAP, POP3 and LMTP cases against Dovecot.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
suite dovecot
