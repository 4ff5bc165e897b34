#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes sure that what Minim is built with is there: Swift, zlib and pkg-config.
# With the argument "ports" also the compilers and emulators of Ports, with "page" a browser, with
# "bench" OpenBLAS, to measure against, and valgrind. On Debian and Ubuntu it
# installs the packages that are missing; it is silent if none is.
set -eu

say() { printf '%s\n' "$*" >&2; }

if ! command -v swift >/dev/null 2>&1; then
  say "minim: swift was not found on the PATH. Install Swift 6.2 or later from"
  say "https://www.swift.org/install and add its usr/bin folder to the PATH."
  exit 1
fi

# macOS has zlib on board.
if [ "$(uname -s)" = Darwin ]; then exit 0; fi

if ! command -v dpkg >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
  if command -v pkg-config >/dev/null 2>&1 && pkg-config --exists zlib; then exit 0; fi
  say "minim: pkg-config cannot find zlib. Install two packages with the package manager of this"
  say "system: zlib with its headers and pkg-config. They are usually called zlib-devel and pkgconf."
  exit 1
fi

installed() { dpkg -s "$1" 2>/dev/null | grep -q '^Status: install ok installed$'; }

missing=
wanted="zlib1g-dev"
if [ "${1:-}" = ports ]; then
  wanted="$wanted gcc gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-arm-none-eabi"
  wanted="$wanted qemu-system-arm qemu-user-static"
  command -v node >/dev/null 2>&1 || wanted="$wanted nodejs"
  command -v python3 >/dev/null 2>&1 || wanted="$wanted python3"
fi
[ "${1:-}" != bench ] || wanted="$wanted libopenblas-dev valgrind"
[ "${1:-}" != page ] || wanted="$wanted chromium"
for package in $wanted; do
  installed "$package" || missing="$missing $package"
done
# Any package may provide the command.
command -v pkg-config >/dev/null 2>&1 || installed pkg-config || missing="$missing pkg-config"
if [ -z "$missing" ]; then exit 0; fi

as_root=
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    say "minim: these packages are missing; as root, run: apt-get install$missing"
    exit 1
  fi
  as_root=sudo
fi

install_missing() {
  # Both variables are lists of words.
  # shellcheck disable=SC2086
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing >&2
}

say "minim: these packages are missing and will now be installed:$missing"
if install_missing; then exit 0; fi
say "minim: that did not succeed; trying again with fresh package lists"
$as_root apt-get update >&2
install_missing
