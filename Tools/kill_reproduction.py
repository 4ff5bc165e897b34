#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills `minim reproduce memkd` while it works and holds the result against one that nobody killed.

Usage: kill_reproduction.py MINIM DATA SET FOLDER

DATA is a folder of UCR problems, SET one of them, FOLDER is made anew. The command, itself alone, is
killed when the first checkpoint is there, when an eighth and when a half of the trials are done; each
time its processes must end by themselves. Then it ends its work, and results.json, report.md and the
ledger without its seconds must be those of a second folder, byte for byte.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

ENVIRONMENT = dict(os.environ, SWIFT_BACKTRACE="enable=no")


def ledger(folder):
    path = folder / "trials.jsonl"
    if not path.exists():
        return []
    whole = path.read_text().rpartition("\n")[0].splitlines()
    records = [json.loads(line) for line in whole]
    for record in records:
        record.pop("seconds")
        record["trial"]["options"].pop("teacher", None)  # A path; its contents are in the record too.
    return sorted(json.dumps(record, sort_keys=True) for record in records)


def children(parent):
    answer = subprocess.run(["pgrep", "-P", str(parent)], capture_output=True, text=True)
    return [int(word) for word in answer.stdout.split()]


def alive(process):
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True)
    return state.stdout.strip()[:1] not in ("", "Z")


def kill_when(command, folder, name, condition):
    process = subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
    while process.poll() is None and not condition():
        time.sleep(0.01)
    if process.poll() is not None:
        sys.exit(f"the command ended, with {process.returncode}, before the kill {name}")
    workers = children(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    killed = time.monotonic()
    while any(alive(worker) for worker in workers):
        if time.monotonic() - killed > 5:
            sys.exit(f"a worker of {workers} works on 5 s after its parent was killed")
        time.sleep(0.01)
    print(f"killed {name}: {len(ledger(folder))} trials done, {len(workers)} under way, "
          f"which ended within {time.monotonic() - killed:.2f} s")


def main():
    minim, data, name, base = sys.argv[1], sys.argv[2], sys.argv[3], pathlib.Path(sys.argv[4])
    shutil.rmtree(base, ignore_errors=True)
    killed, whole = base / "killed", base / "whole"
    killed.mkdir(parents=True)

    def command(folder):
        return [minim, "reproduce", "memkd", "--data", data, "--sets", name, "--seeds", "2",
                "--workers", "2", "--out", str(folder)]

    start = time.monotonic()
    subprocess.run(command(whole), env=ENVIRONMENT, check=True)
    count = len(ledger(whole))
    print(f"not killed: {count} trials in {time.monotonic() - start:.0f} s")
    kill_when(command(killed), killed, "at the first checkpoint",
              lambda: any(killed.glob("trials/*/last.safetensors")))
    for share in (8, 2):
        kill_when(command(killed), killed, f"at 1/{share} of the trials",
                  lambda: len(ledger(killed)) >= count // share)
    subprocess.run(command(killed), env=ENVIRONMENT, check=True, stdout=subprocess.DEVNULL)
    for file in ("results.json", "report.md"):
        if (killed / file).read_bytes() != (whole / file).read_bytes():
            sys.exit(f"{file} differs")
    if ledger(killed) != ledger(whole):
        sys.exit("the ledgers differ")
    print(f"results.json, report.md and the {count} records of the ledger are the same")


main()
