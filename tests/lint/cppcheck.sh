#!/usr/bin/env bash
# cppcheck finds nothing. Suppressions stand in the code with their reason (cppcheck-suppress); the
# ones below are wrong about struct initialisers, functions that return a pointer, counts that guard
# a pointer, loops with two conditions, and addresses that are only written through.
set -euo pipefail
command -v cppcheck >/dev/null || { echo "no cppcheck: script/bootstrap --lint"; exit 77; }
mapfile -t sources < <(git ls-files -co --exclude-standard '*.c' | grep -v '^tests/unit/')
mkdir -p "${BUILD:-build/dev}/cppcheck"
cppcheck --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
  --quiet -j 2 -I . -D_POSIX_C_SOURCE=200809L --suppress=missingIncludeSystem \
  --suppress=nullPointer:scenarios/engine/node.c --suppress=CastIntegerToAddressAtReturn \
  --suppress=unknownEvaluationOrder --suppress=autoVariables \
  --suppress=nullPointerRedundantCheck --suppress=arrayIndexOutOfBoundsCond \
  --suppress=uninitvar:parsers/message/lexer.c \
  --cppcheck-build-dir="${BUILD:-build/dev}/cppcheck" "${sources[@]}"
echo "${#sources[@]} files"
