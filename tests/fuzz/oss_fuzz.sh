#!/usr/bin/env bash
# .clusterfuzzlite/build.sh, run as OSS-Fuzz and ClusterFuzzLite run it: each target that comes out
# starts from elsewhere and survives its seeds. All targets with the address sanitizer, a few with
# undefined, memory and coverage; POSTEL_OSS_FUZZ names sanitizers for all targets instead.
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

build_and_replay() { # SANITIZER TARGET…
    local sanitizer=$1 out options name count=0
    shift
    out=$work/out-$sanitizer
    mkdir "$out" "$work/work-$sanitizer"
    options=$(flags "$sanitizer")
    if ! POSTEL_FUZZ_TARGETS="$*" SRC=$work/src OUT=$out WORK=$work/work-$sanitizer SANITIZER=$sanitizer CC=clang CXX=clang++ \
        CFLAGS=$options CXXFLAGS=$options LIB_FUZZING_ENGINE=-fsanitize=fuzzer \
        "$work/src/postel/.clusterfuzzlite/build.sh" >"$work/log" 2>&1; then
        tail -n 40 "$work/log"
        echo "build.sh failed with the sanitizer $sanitizer"
        exit 1
    fi
    rm -r "$work/work-$sanitizer"
    for name in "$@"; do
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
    [ -s "$out/imap_session.dict" ] && [ -s "$out/imap_session.options" ]
    [ "$count" -ge $((($# + 1) / 2)) ] || { echo "only $count targets with the sanitizer $sanitizer"; exit 1; }
    echo "$sanitizer: $count of $# targets"
}

mapfile -t all < <(basename -s .c fuzz/targets/*.c)
if [ -n "${POSTEL_OSS_FUZZ:-}" ]; then
    for sanitizer in $POSTEL_OSS_FUZZ; do
        build_and_replay "$sanitizer" "${all[@]}"
    done
    exit
fi
build_and_replay address "${all[@]}"
for sanitizer in undefined memory coverage; do
    build_and_replay "$sanitizer" imap_session smtp_reply trace_pcap
done
