#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Opens the page of Ports/wasm in headless Chromium and compares what it shows with the command.

page_test.py WASM_FOLDER MINIM MODEL...

Beside the models it takes a forecaster of two channels, which it trains.

The page draws a sine over its canvas and gives it to the model (`?selftest`). The same series goes through `minim
predict` or, for a forecaster, `minim forecast`. Exits with 1 if class and probabilities or forecasts and intervals, to the
four digits that the page shows, differ.
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


def drawn(steps, bottom, top):
    """The series that the page makes of its test drawing: joined every 4 places, then resampled."""
    def corner(x):
        return bottom + (top - bottom) * (1 - (128 - 100 * math.sin(x / 40)) / HEIGHT)
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


def shown(folder, model, scratch, query):
    """Status and table, row by row, of the page with a model after its test drawing."""
    site = scratch / "site"
    shutil.copytree(folder, site)
    shutil.copy(model, site / "model.minim")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/index.html?model=model.minim&selftest&{query}"
        page = subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={scratch}/profile",
             "--virtual-time-budget=10000", "--dump-dom", address],
            check=True, capture_output=True, text=True, timeout=120).stdout
        server.shutdown()
    status = re.search(r'<p id="status">([^<]*)</p>', page).group(1)
    table = page[page.index('<table id="result">'):page.index("</table>")]
    return status, [re.findall(r"<td>(?:± )?(-?\d+\.\d{4})</td>", row) for row in table.split("</tr>")[:-1]]


def expected(tool, model, scratch):
    """The query of the page, and what it ought to show, by the command."""
    def asked(*words):
        return subprocess.run([tool, *words], check=True, capture_output=True, text=True).stdout
    info = json.loads(asked("inspect", model, "--json"))
    if "interval_levels" not in info:
        cases = scratch / "cases.ndjson"
        cases.write_text(json.dumps(drawn(info["window"], -0.5, 0.5)) + "\n")
        found = json.loads(asked("predict", model, "--data", cases).splitlines()[0])
        return "", f"Class {found['class']}", [[value] for value in found["probabilities"]]
    bottom, top = 4, 16
    history = scratch / "history.csv"
    rows = drawn(info["window"], bottom, top)
    names = ["level", "other"][:info["channels"]]
    lines = [",".join(names)] + [",".join([str(value)] * len(names)) for value in rows]
    history.write_text("\n".join(lines) + "\n")
    found = json.loads(asked("forecast", model, "--history", history, "--json"))
    channel = found["channels"][0]
    widest = channel["intervals"][-1]
    rows = [[middle, high - middle] for middle, high in zip(channel["forecast"], widest["high"])]
    return f"bottom={bottom}&top={top}", f"{len(rows)} rows ahead, {round(widest['level'] * 100)} % within ±", rows


def two_channels(tool, scratch):
    """A packed forecaster of two channels that differ."""
    data, run, model = scratch / "two.csv", scratch / "two", scratch / "two.minim"
    rows = [f"{10 + math.sin(row / 3)},{10 + 2 * math.cos(row / 5)}" for row in range(300)]
    data.write_text("level,other\n" + "\n".join(rows) + "\n")
    subprocess.run([tool, "train", "--task", "forecast", "--data", data, "--model", "nlinear", "--lookback", "24",
                    "--horizon", "6", "--epochs", "3", "--out", run, "--quiet"], check=True)
    subprocess.run([tool, "pack", run, "--out", model], check=True)
    return model


def main():
    folder, tool, *models = sys.argv[1:]
    wrong = 0
    with tempfile.TemporaryDirectory() as kept:
        for model in [*models, two_channels(tool, pathlib.Path(kept))]:
            with tempfile.TemporaryDirectory() as name:
                scratch = pathlib.Path(name)
                query, status, rows = expected(tool, model, scratch)
                found_status, found = shown(folder, model, scratch, query)
            print(f"{model}\n  page: {found_status} {found}\n  minim: {status} {rows}")
            same = len(rows) == len(found) and all(
                len(own) == len(other) and all(abs(float(a) - b) < 6e-5 for a, b in zip(own, other))
                for own, other in zip(found, rows))
            wrong += not (same and status == found_status)
    sys.exit(1 if wrong else 0)


main()
