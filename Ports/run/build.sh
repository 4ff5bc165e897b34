#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the static runner, in Embedded Swift: build.sh OUTPUT_FOLDER
set -eu
[ $# -eq 1 ] || { echo "usage: build.sh OUTPUT_FOLDER" >&2; exit 64; }
sources=$(cd "$(dirname "$0")/../../Sources" && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)

# One module after the other: embedded(MODULE, NAME, OPTIONS...)
embedded() {
  folder=$1 name=$2
  shift 2
  swiftc -enable-experimental-feature Embedded -wmo -O -swift-version 6 -enable-upcoming-feature InternalImportsByDefault -parse-as-library -package-name minim \
    -module-name "$name" -I "$out" -I "$sources/CMinimSystem/include" -Xfrontend -function-sections \
    "$@" -c "$sources/$folder"/*.swift -o "$out/$name.o"
}
embedded MinimRuntime MinimRuntime -emit-module -emit-module-path "$out/MinimRuntime.swiftmodule"
embedded MinimHost MinimHost -emit-module -emit-module-path "$out/MinimHost.swiftmodule"
embedded minim-run minim_run

libraries=$(dirname "$(dirname "$(command -v swiftc)")")/lib/swift/embedded/$(uname -m)-unknown-linux-gnu
objects=
for source in signs products tiles rows images; do
  clang -O2 -I "$sources/CMinimSystem/include" -c "$sources/CMinimSystem/$source.c" -o "$out/$source.o"
  objects="$objects $out/$source.o"
done
# shellcheck disable=SC2086
clang -static -Wl,--gc-sections "$out"/minim_run.o "$out"/MinimHost.o "$out"/MinimRuntime.o $objects \
  -L "$libraries" -lswiftUnicodeDataTables -lm -o "$out/minim-run" -s
ls -l "$out/minim-run" | awk '{ print $NF ": " $5 " bytes" }'
