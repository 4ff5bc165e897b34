#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the example firmware with a model in flash: build.sh MODEL OUTPUT_FOLDER
# CHANNELS, OUTPUTS and MEMORY_BYTES (of the session, as `minim inspect` prints it) may be set.
set -eu
[ $# -eq 2 ] || { echo "usage: build.sh MODEL OUTPUT_FOLDER" >&2; exit 64; }
here=$(cd "$(dirname "$0")" && pwd)
model=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
mkdir -p "$2"
out=$(cd "$2" && pwd)

swiftc -target armv7em-none-none-eabi -enable-experimental-feature Embedded -wmo -Osize \
  -parse-as-library -package-name minim -module-name MinimRuntime \
  -Xcc -mcpu=cortex-m4 -Xcc -mfloat-abi=hard -Xcc -mfpu=fpv4-sp-d16 -Xcc -fshort-enums \
  -Xfrontend -function-sections -Xfrontend -disable-stack-protector \
  -c "$here"/../../Sources/MinimRuntime/*.swift "$here/../c/CInterface.swift" -o "$out/minim.o"
arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16 -std=c11 -Os -Wall \
  -Wextra -ffreestanding -fno-tree-loop-distribute-patterns -ffunction-sections -nostdlib \
  -Wl,--gc-sections,-z,noexecstack,--no-warn-rwx-segments -DMODEL_PATH="\"$model\"" \
  -DCHANNELS="${CHANNELS:-1}" -DOUTPUTS="${OUTPUTS:-2}" -DMEMORY_BYTES="${MEMORY_BYTES:-1024}" \
  -T "$here/link.ld" "$here/start.c" "$here/main.c" "$here/model.S" "$out/minim.o" -lgcc \
  -o "$out/minim.elf"
arm-none-eabi-size "$out/minim.elf"
