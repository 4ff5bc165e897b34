#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the same windows through every runtime and compares them bit by bit.

parity.py PORTS MINIM MODEL CASES [MODEL CASES ...]

PORTS is the folder that `make minim-run wasm capi` filled, MINIM the command. CASES is a file of
cases as `minim-run predict` takes (JSON lines, or UCR text, also gzipped). 1,000 windows are made of
it: when there are fewer cases, they come again without their first step (a window that is then
too short is left out). Of a detector the first case is the stream, and every third beginning of it a
window. Prints one line for each model and runtime; exits with 1 if any differs, or if a model that
Ports/cortex-m/thresholds.json names costs more than 2 % more or less than it says.
"""
import gzip
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
WINDOWS = 1000


def cases(path):
    """The cases of a file as lists of steps, each a list of float32 values."""
    opened = gzip.open if path.endswith(".gz") else open
    for line in opened(path, "rt"):
        if line.startswith("["):
            case = json.loads(line)
        else:
            case = [float(field) for field in line.replace(",", "\t").split("\t")[1:]]
        yield [step if isinstance(step, list) else [step] for step in case]


def windows(path, shortest, longest):
    whole = list(cases(path))
    result = []
    for drop in range(20):
        for case in whole:
            window = case[drop:][:longest]
            if shortest <= len(window) and len(result) < WINDOWS:
                result.append(window)
    return result


def float_bits(number):
    return "%08x" % struct.unpack("<I", struct.pack("<f", number))[0]


def narrowed(line):
    """A line with its threshold, if it has one, as the float32 that `minim-run stream` prints."""
    return " ".join(float_bits(struct.unpack(">d", bytes.fromhex(word))[0])
                    if len(word) == 16 else word for word in line.split())


def streamed(program, model, samples):
    """What a program prints for a stream, as objects."""
    text = "".join(",".join(map(repr, sample)) + "\n" for sample in samples)
    return [json.loads(line) for line in subprocess.run(
        [*program, model], input=text, check=True, capture_output=True, text=True).stdout.splitlines()]


def host_detector(runner, model, chosen):
    judgements = streamed([runner, "stream"], model, chosen[-1])
    # Where results come a gap apart, one holds until the next.
    return [" ".join([str(int(judgement["alarm"])), float_bits(judgement["score"]),
                      float_bits(judgement["threshold"])])
            for judgement in ([j for j in judgements if j["sample"] <= len(window)][-1]
                              for window in chosen)]


def host(runner, model, chosen, folder, classes):
    path = folder / "cases.ndjson"
    with open(path, "w") as file:
        for window in chosen:
            file.write(json.dumps(window) + "\n")
    output = subprocess.run([runner, "predict", model, "--data", path], check=True,
                            capture_output=True, text=True).stdout
    lines = []
    for line in output.splitlines():
        result = json.loads(line)
        # A forecaster decides nothing.
        decision = classes.index(result["class"]) if "class" in result else -1
        numbers = result["probabilities" if "class" in result else "output"]
        lines.append(" ".join([str(decision)] + [float_bits(n) for n in numbers]))
    return lines


def cortex(model, folder):
    """The lines that the firmware prints, and how many of its costs are not as they should be."""
    subprocess.run(["sh", ROOT / "Ports/cortex-m/build.sh", model, folder], check=True,
                   capture_output=True)
    run = subprocess.run(
        ["qemu-system-arm", "-M", "mps2-an386", "-nographic", "-semihosting-config",
         "enable=on,target=native", "-icount", "shift=0", "-kernel", folder / "minim.elf"],
        check=True, cwd=folder, capture_output=True, text=True)
    lines = (run.stdout + run.stderr).replace("\r", "").splitlines()
    costs = {line[2:].rsplit(" ", 1)[0]: int(line.rsplit(" ", 1)[1])
             for line in lines if line.startswith("#")}
    size = subprocess.run(["arm-none-eabi-size", folder / "minim.elf"], capture_output=True,
                          text=True).stdout.splitlines()[1].split()
    costs["flash bytes"] = int(size[0]) + int(size[1])
    thresholds = json.loads((ROOT / "Ports/cortex-m/thresholds.json").read_text())
    wrong = 0
    limits = thresholds.get(pathlib.Path(model).stem, {})
    for name in [*costs, *(limits.keys() - costs.keys())]:
        cost, limit = costs.get(name), limits.get(name)
        off = limit is not None and (cost is None or abs(cost - limit) > 0.02 * limit)
        wrong += off
        print(f"  cortex-m4 {name} {cost}" + (f", expected {limit} within 2 %" if off else ""))
    return [line for line in lines if line and not line.startswith("#")], wrong


def lines_of(command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def compare(ports, tool, model, path):
    runner = ports / "run/minim-run"
    info = json.loads(lines_of([runner, "inspect", model, "--json"])[0])
    is_detector = "minimum_samples" in info
    if is_detector:
        stream = next(cases(path))
        chosen = [stream[:count] for count in range(max(3, info["shortest"]), len(stream) + 1, 3)]
    else:
        chosen = windows(path, info["shortest"], info["window"])
    if not chosen:
        sys.exit(f"{path}: no case of {info['shortest']} to {info['window']} steps")
    differing = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        file = folder / "windows.bin"
        with open(file, "wb") as out:
            out.write(struct.pack("<I", len(chosen)))
            for window in chosen:
                out.write(struct.pack("<I", len(window)))
                for step in window:
                    out.write(struct.pack(f"<{len(step)}f", *step))

        def of(program):
            return (host_detector(program, model, chosen) if is_detector
                    else host(program, model, chosen, folder, info.get("classes")))

        expected = of(runner)
        print(f"{model}: {info['types']}, {len(chosen)} windows")
        firmware, wrong = cortex(model, folder)
        results = {
            "minim": of(tool),
            "C x86-64": lines_of([ports / "c/stream-x86_64", model, file]),
            "C aarch64 (QEMU)": lines_of(["qemu-aarch64-static", ports / "c/stream-aarch64", model, file]),
            "wasm (node)": lines_of(["node", ROOT / "Ports/wasm/parity.mjs", ports / "wasm", model, file]),
            "Cortex-M4 (QEMU)": firmware,
        }
        if is_detector:
            judgements = [streamed(program, model, chosen[-1])
                          for program in ([runner, "stream"], [ports / "c/stream-x86_64"])]
            other = sum(a != b for a, b in zip(*judgements)) + abs(len(judgements[0]) - len(judgements[1]))
            print(f"  C x86-64: {other} judgements of {len(stream)} read otherwise than minim-run's")
            wrong += other
    # Ports print thresholds in full, and these must be the same too.
    full = results["C x86-64"]
    for runtime, lines in results.items():
        own = lines if runtime == "minim" else full
        other = (sum(narrowed(a) != b or a != c for a, b, c in zip(lines, expected, own))
                 + abs(len(lines) - len(expected)))
        decisions = sum(a.split()[0] != b.split()[0] for a, b in zip(lines, expected))
        print(f"  {runtime}: {other} windows with other bits than minim-run, {decisions} decided otherwise")
        differing += other
    return differing + wrong


def main():
    ports, tool, *pairs = sys.argv[1:]
    ports = pathlib.Path(ports).resolve()
    model_paths = [str(pathlib.Path(path).resolve()) for path in pairs[0::2]]
    sys.exit(1 if sum(compare(ports, tool, m, c) for m, c in zip(model_paths, pairs[1::2])) else 0)


main()
