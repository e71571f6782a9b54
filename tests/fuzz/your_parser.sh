#!/usr/bin/env bash
# What docs/fuzz-your-parser.md says, done: its parser's mistake is found, its parser and the grammar
# are compared, its build.sh builds.
set -euo pipefail
for tool in clang clang++ zip; do
    command -v "$tool" >/dev/null || { echo "$tool is not installed: script/bootstrap --fuzz"; exit 77; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/project" "$work/work" "$work/out"
ln -s "$POSTEL" "$work/bin/postel"
PATH=$work/bin:$PATH
page=$PWD/docs/fuzz-your-parser.md
cd "$work/project"

box() { # NAME: what stands in the box of that name
    awk -v label="$1" '/^```/ { inside = $2 == label; next } inside' "$page"
}
for name in reply.c target.c answer.c build.sh; do
    box "$name" >"$work/box"
    [ -s "$work/box" ] || { echo "the page has no $name"; exit 1; }
    mv "$work/box" "$name"
done
bash -eu -c "$(box build); $(box seeds)"
[ "$(find seeds -type f | wc -l)" = 300 ]
grep -q '^"' smtp.dict
code=0
bash -eu -c "$(box run)" >run.log 2>&1 || code=$?
if [ "$code" = 0 ] || ! grep -q 'heap-buffer-overflow' run.log || ! grep -q 'in parse_reply .*reply\.c:15' run.log; then
    tail -n 40 run.log
    echo "the mistake was not found, or stands elsewhere (exit $code)"
    exit 1
fi
bash -eu -c "$(box mend); $(box build); $(box run | sed 's/-max_total_time=60/-max_total_time=5/')" \
    >run.log 2>&1 || { tail -n 40 run.log; echo "the mended parser fails"; exit 1; }
bash -eu -c "$(box compare)" >compare.log
if ! grep -q '^< .*: accepted' compare.log || ! grep -q '^> .*: rejected' compare.log; then
    cat compare.log
    echo "the parser and the grammar agree"
    exit 1
fi
flags='-O1 -fsanitize=address -fsanitize=fuzzer-no-link'
SRC=$work OUT=$work/out WORK=$work/work CC=clang CXX=clang++ CFLAGS=$flags CXXFLAGS=$flags \
    LIB_FUZZING_ENGINE=-fsanitize=fuzzer bash -eu build.sh
"$work/out/target" -help=1 >/dev/null 2>&1
ls "$work"/out/target{,_seed_corpus.zip,.dict,.options} >/dev/null
