#!/usr/bin/env bash
# .clusterfuzzlite/build.sh, run as OSS-Fuzz and ClusterFuzzLite run it: each target that comes out
# starts from elsewhere and survives its seeds. POSTEL_OSS_FUZZ names the sanitizers; all of them
# are address, undefined, memory and coverage.
set -euo pipefail
for tool in clang clang++ zip unzip; do
    command -v "$tool" >/dev/null || { echo "$tool is not installed: script/bootstrap --fuzz"; exit 77; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/src"
ln -s "$PWD" "$work/src/postel"

flags() { # SANITIZER: the services' own
    local common='-O1 -fno-omit-frame-pointer -gline-tables-only'
    case $1 in
        address) echo "$common -fsanitize=address -fsanitize-address-use-after-scope -fsanitize=fuzzer-no-link" ;;
        undefined) echo "$common -fsanitize=undefined -fno-sanitize-recover=undefined -fsanitize=fuzzer-no-link" ;;
        memory) echo "$common -fsanitize=memory -fsanitize-memory-track-origins -fsanitize=fuzzer-no-link" ;;
        coverage) echo "$common -fprofile-instr-generate -fcoverage-mapping" ;;
        *) echo "POSTEL_OSS_FUZZ: no sanitizer '$1'" >&2 && return 2 ;;
    esac
}

for sanitizer in ${POSTEL_OSS_FUZZ:-address}; do
    out=$work/out-$sanitizer
    mkdir "$out" "$work/work-$sanitizer"
    options=$(flags "$sanitizer")
    if ! SRC=$work/src OUT=$out WORK=$work/work-$sanitizer SANITIZER=$sanitizer CC=clang CXX=clang++ \
        CFLAGS=$options CXXFLAGS=$options LIB_FUZZING_ENGINE=-fsanitize=fuzzer \
        "$work/src/postel/.clusterfuzzlite/build.sh" >"$work/log" 2>&1; then
        tail -n 40 "$work/log"
        echo "build.sh failed with the sanitizer $sanitizer"
        exit 1
    fi
    rm -r "$work/work-$sanitizer"
    count=0
    for target in fuzz/targets/*.c; do
        name=$(basename "$target" .c)
        if [ ! -x "$out/$name" ] && grep -q "^$name: left out" "$work/log"; then
            continue
        fi
        rm -rf "$work/seeds" && mkdir "$work/seeds"
        unzip -q "$out/${name}_seed_corpus.zip" -d "$work/seeds"
        (cd / && LLVM_PROFILE_FILE=/dev/null "$out/$name" -runs=0 "$work/seeds") >"$work/log2" 2>&1 || {
            tail -n 30 "$work/log2"
            echo "$name fails with the sanitizer $sanitizer"
            exit 1
        }
        count=$((count + 1))
    done
    [ -s "$out/imap_response.dict" ] && [ -s "$out/imap_session.options" ]
    [ "$count" -ge 10 ] || { echo "only $count targets with the sanitizer $sanitizer"; exit 1; }
    echo "$sanitizer: $count targets"
done
