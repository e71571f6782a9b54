#!/bin/bash -eu
# Builds the fuzz targets as OSS-Fuzz and ClusterFuzzLite ask for them: with $CC, $CFLAGS, $CXX,
# $CXXFLAGS and $LIB_FUZZING_ENGINE, from $SRC/postel into $OUT, by way of $WORK.
# tests/fuzz/oss_fuzz.sh runs this as those services do. POSTEL_FUZZ_TARGETS names some of them.
cd "$SRC/postel"
read -r -a targets <<<"${POSTEL_FUZZ_TARGETS:-}"
if [ "${#targets[@]}" -eq 0 ]; then
  for source in fuzz/targets/*.c; do
    targets+=("$(basename "$source" .c)")
  done
fi
# Libraries that the image of the runners does not have go along, beside the targets.
cmake -S . -B "$WORK/postel" -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_C_COMPILER="$CC" \
  -DCMAKE_C_FLAGS="$CFLAGS" -DCMAKE_BUILD_RPATH="\$ORIGIN/lib" -DBUILD_TESTING=OFF \
  -DPOSTEL_FUZZ=ON
cmake --build "$WORK/postel" --target "${targets[@]/#/fuzz_}"

libraries() { # PROGRAM: those that do not come with the compiler and the C library
  ldd "$1" | awk '$2 == "=>" && $3 ~ /^\// { print $3 }' |
    grep -vE '/lib(c|m|dl|rt|pthread|resolv|gcc_s|stdc\+\+|c\+\+|c\+\+abi|unwind)\.so' || true
}

mkdir -p "$OUT/lib"
for name in "${targets[@]}"; do
  program=$WORK/postel/fuzz_$name
  mapfile -t needed < <(libraries "$program")
  # MemorySanitizer has to see all code: what libraries write counts as not initialised.
  if [ "${SANITIZER:-address}" = memory ] && [ "${#needed[@]}" -gt 0 ]; then
    echo "$name: left out: MemorySanitizer does not see into ${needed[*]##*/}"
    continue
  fi
  [ "${#needed[@]}" -eq 0 ] || cp -L "${needed[@]}" "$OUT/lib"
  cp "$program" "$OUT/$name"
  [ ! -d "fuzz/corpus/$name" ] || zip -q -j -r "$OUT/${name}_seed_corpus.zip" "fuzz/corpus/$name"
  for protocol in imap smtp pop3 message; do
    if [[ $name == *$protocol* && -e fuzz/dict/$protocol.dict ]]; then
      cp "fuzz/dict/$protocol.dict" "$OUT/$name.dict"
    fi
  done
  [ ! -e "fuzz/options/$name.options" ] || cp "fuzz/options/$name.options" "$OUT"
done
