# shellcheck shell=bash
# What a command ends with and says.

# CODE PATTERN COMMAND…: the command ends with this code, and says what matches the pattern (an
# extended regular expression) on either stream. Its output is kept in $expect_out.
expect_out=$(mktemp)
expect() {
    local want=$1 pattern=$2 code=0
    shift 2
    "$@" >"$expect_out" 2>&1 || code=$?
    if [ "$code" != "$want" ] || ! grep -qE -- "$pattern" "$expect_out"; then
        echo "$*: exit $code instead of $want, or no \"$pattern\" in:"
        cat "$expect_out"
        exit 1
    fi
}
