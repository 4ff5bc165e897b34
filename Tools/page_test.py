#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Opens the page of Ports/wasm in headless Chromium and compares what it shows with the command.

page_test.py WASM_FOLDER MINIM MODEL

The page draws a sine over its canvas and classifies it (`?selftest`). The same series goes through
`minim predict`. Exits with 1 if class or probabilities, to the four digits that the page shows, differ.
"""
import functools
import http.server
import json
import math
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading

WIDTH, HEIGHT = 720, 256


def drawn(steps):
    """The series that the page makes of its test drawing: joined every 4 places, then resampled."""
    def corner(x):
        return 0.5 - (128 - 100 * math.sin(x / 40)) / HEIGHT
    heights = []
    for x in range(WIDTH - 3):
        left = x // 4 * 4
        heights.append(corner(left) + (corner(left + 4) - corner(left)) * (x - left) / 4 if x % 4 else corner(x))
    result = []
    for step in range(steps):
        x = (len(heights) - 1) * step / (steps - 1)
        before = min(int(x), len(heights) - 2)
        result.append(heights[before] + (heights[before + 1] - heights[before]) * (x - before))
    return result


def main():
    folder, tool, model = sys.argv[1:]
    info = json.loads(subprocess.run([tool, "inspect", model, "--json"], check=True, capture_output=True, text=True).stdout)
    with tempfile.TemporaryDirectory() as name:
        site = pathlib.Path(name) / "site"
        shutil.copytree(folder, site)
        shutil.copy(model, site / "model.minim")
        cases = pathlib.Path(name) / "cases.ndjson"
        cases.write_text(json.dumps(drawn(info["window"])) + "\n")
        expected = json.loads(subprocess.run([tool, "predict", model, "--data", cases], check=True,
                                             capture_output=True, text=True).stdout.splitlines()[0])
        handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=site)
      
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            address = f"http://127.0.0.1:{server.server_port}/index.html?model=model.minim&selftest"
            page = subprocess.run(
                ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={name}/profile",
                 "--virtual-time-budget=10000", "--dump-dom", address],
                check=True, capture_output=True, text=True, timeout=120).stdout
            server.shutdown()
    shown = re.search(r'<p id="status">([^<]*)</p>', page).group(1)
    numbers = re.findall(r"<td>(\d\.\d{4})</td>", page)
    print(f"page: {shown} {numbers}; minim: {expected['class']} {expected['probabilities']}")
    same = len(numbers) == len(expected["probabilities"]) and all(
        abs(float(a) - b) < 6e-5 for a, b in zip(numbers, expected["probabilities"]))
    sys.exit(0 if same and shown == f"Class {expected['class']}" else 1)


main()
