#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the example firmware with a model in flash: build.sh MODEL OUTPUT_FOLDER
# Memory is laid out for that model; CHANNELS, OUTPUTS and MEMORY_BYTES make room for larger ones.
set -eu
[ $# -eq 2 ] || { echo "usage: build.sh MODEL OUTPUT_FOLDER" >&2; exit 64; }
[ -f "$1" ] || { echo "build.sh: no model file \"$1\"; give MODEL=model.minim" >&2; exit 64; }
here=$(cd "$(dirname "$0")" && pwd)
model=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
mkdir -p "$2"
out=$(cd "$2" && pwd)

# Fields of the model file (Documentation/model-file.md): a little-endian number of so many bytes.
field() { od -An -tu"$2" -j"$1" -N"$2" "$model" | tr -d ' '; }
graph=$(field $(($(field 12 4) + 4)) 4)
: "${CHANNELS:=$(field $((graph + 8)) 4)}"
: "${OUTPUTS:=$(field $((graph + 8 + 4 * $(field $((graph + 4)) 2))) 4)}"

# A detector has an alarm after its session, and a threshold that may adapt. The DECISION section is the
# first of type 5 in the table of sections.
memory=$(field 36 4) detector= entry=$(field 12 4)
while [ "$(field "$entry" 2)" -ne 5 ]; do entry=$((entry + 16)); done
decision=$(field $((entry + 4)) 4)
if [ "$(field "$decision" 1)" -eq 3 ]; then
  detector=-DDETECTOR
  memory=$(((memory + 7) / 8 * 8 + 16))
  [ "$(field $((decision + 1)) 1)" -eq 0 ] || memory=$((memory + 80 + 8 * $(field $((decision + 32)) 4)))
fi
: "${MEMORY_BYTES:=$memory}"

# A file of an early minor version needs no later operations and tensors: firmware for it does without their code.
case $(field 10 2) in
  0) operations="-D MINIM_OPERATIONS_1_0 -D MINIM_OPERATIONS_1_1 -D MINIM_OPERATIONS_1_2 -D MINIM_OPERATIONS_1_3 -D MINIM_OPERATIONS_1_4" ;;
  1) operations="-D MINIM_OPERATIONS_1_1 -D MINIM_OPERATIONS_1_2 -D MINIM_OPERATIONS_1_3 -D MINIM_OPERATIONS_1_4" ;;
  2) operations="-D MINIM_OPERATIONS_1_2 -D MINIM_OPERATIONS_1_3 -D MINIM_OPERATIONS_1_4" ;;
  3) operations="-D MINIM_OPERATIONS_1_3 -D MINIM_OPERATIONS_1_4" ;;
  4) operations="-D MINIM_OPERATIONS_1_4" ;;
  *) operations= ;;
esac

swiftc -target armv7em-none-none-eabi -enable-experimental-feature Embedded -wmo -Osize \
  -parse-as-library -package-name minim -module-name MinimRuntime \
  -Xcc -mcpu=cortex-m4 -Xcc -mfloat-abi=hard -Xcc -mfpu=fpv4-sp-d16 -Xcc -fshort-enums \
  -Xfrontend -function-sections -Xfrontend -disable-stack-protector $operations \
  -c "$here"/../../Sources/MinimRuntime/*.swift "$here/../c/CInterface.swift" -o "$out/minim.o"
arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16 -std=c11 -Os -Wall \
  -Wextra -ffreestanding -fno-tree-loop-distribute-patterns -ffunction-sections -nostdlib \
  -Wl,--gc-sections,-z,noexecstack,--no-warn-rwx-segments -DMODEL_PATH="\"$model\"" \
  -DCHANNELS="$CHANNELS" -DOUTPUTS="$OUTPUTS" -DMEMORY_BYTES="$MEMORY_BYTES" $detector \
  -T "$here/link.ld" "$here/start.c" "$here/main.c" "$here/model.S" "$out/minim.o" -lgcc \
  -o "$out/minim.elf"
arm-none-eabi-size "$out/minim.elf"
