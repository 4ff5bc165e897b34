#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the instructions of the small kernels with callgrind and holds them against Benchmarks/kernel-costs.json.

kernel_costs.py PROGRAM [--write]

PROGRAM is Benchmarks/kernels.c, compiled. A kernel's cost is the difference between 11 calls and one, divided by ten: the same
on every machine with that level and compiler. Exits with 1 if a kernel costs more than 3 % more or less than the file says;
--write writes the file anew. The level is AVX2 (valgrind knows no AVX-512); other processors are passed over, saying so.
"""
import json
import os
import pathlib
import platform
import re
import subprocess
import sys

FILE = pathlib.Path(__file__).resolve().parent.parent / "Benchmarks/kernel-costs.json"


def instructions(program, name, calls):
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, name, str(calls)],
        capture_output=True, text=True, check=True, env=dict(os.environ, MINIM_SIMD="avx2"))
    return int(re.search(r"Collected : (\d+)", run.stderr).group(1))


def main():
    if platform.machine() != "x86_64":
        print(f"kernel costs are known for x86_64, not for {platform.machine()}: not compared")
        return
    program = sys.argv[1]
    names = subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines()
    costs = {name: (instructions(program, name, 11) - instructions(program, name, 1)) // 10 for name in names}
    if "--write" in sys.argv:
        FILE.write_text(json.dumps(costs, indent=2) + "\n")
        return
    limits = json.loads(FILE.read_text())
    wrong = 0
    for name in sorted(set(costs) | set(limits)):
        cost, limit = costs.get(name), limits.get(name)
        off = cost is None or limit is None or abs(cost - limit) > 0.03 * limit
        wrong += off
        print(f"{name}: {cost} instructions" + (f", expected {limit} within 3 %" if off else ""))
    sys.exit(1 if wrong else 0)


main()
