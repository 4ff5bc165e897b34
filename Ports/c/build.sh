#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the C interface (an object to link into C programs) and the example for a machine:
# build.sh x86_64|aarch64 OUTPUT_FOLDER
set -eu
[ $# -eq 2 ] || { echo "usage: build.sh x86_64|aarch64 OUTPUT_FOLDER" >&2; exit 64; }
machine=$1
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)

case $machine in
  x86_64) target=x86_64-unknown-linux-gnu cc=gcc ;;
  aarch64) target=aarch64-none-none-elf cc=aarch64-linux-gnu-gcc ;;
  *) echo "build.sh: found machine \"$machine\", expected x86_64 or aarch64" >&2; exit 64 ;;
esac

swiftc -target "$target" -enable-experimental-feature Embedded -wmo -O -parse-as-library \
  -package-name minim -module-name MinimRuntime -Xfrontend -function-sections \
  -Xfrontend -disable-stack-protector \
  -c "$here"/../../Sources/MinimRuntime/*.swift "$here/CInterface.swift" -o "$out/minim-$machine.o"
# A cross compiler's GNU ld refuses the object's protected symbols; lld takes them.
lld_folder="$out/lld-$machine"
mkdir -p "$lld_folder"
ln -sf "$(command -v ld.lld)" "$lld_folder/ld"
"$cc" -std=c11 -O2 -Wall -Wextra -B"$lld_folder" -static -Wl,--gc-sections,-z,nocopyreloc \
  "$here/stream.c" "$out/minim-$machine.o" -o "$out/stream-$machine" -s
ls -l "$out/stream-$machine" | awk '{ print $NF ": " $5 " bytes" }'
