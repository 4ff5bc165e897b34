#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the browser runtime: build.sh OUTPUT_FOLDER gets minim.wasm, minim.mjs and index.html.
set -eu
[ $# -eq 1 ] || { echo "usage: build.sh OUTPUT_FOLDER" >&2; exit 64; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)

swiftc -target wasm32-unknown-none-wasm -enable-experimental-feature Embedded -wmo -O \
  -parse-as-library -package-name minim -module-name MinimRuntime -Xcc -msimd128 \
  -Xfrontend -function-sections -Xfrontend -disable-stack-protector \
  -c "$here"/../../Sources/MinimRuntime/*.swift "$here/../c/CInterface.swift" -o "$out/minim.o"
names=$(grep -o '\bminim_[a-z_]*(' "$here/../c/minim.h" | tr -d '(' | sort -u)
exports=$(printf '%s\n' "$names" | sed 's/^/--export=/')
# The exports are a list of words.
# shellcheck disable=SC2086
wasm-ld --no-entry $exports --export=__heap_base -z stack-size=16384 --stack-first \
  --gc-sections --strip-all "$out/minim.o" -o "$out/minim.wasm"
cp "$here/minim.mjs" "$here/index.html" "$out"
echo "minim.wasm: $(wc -c < "$out/minim.wasm") bytes, $(gzip -9c "$out/minim.wasm" | wc -c) gzipped"
