#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times one window of transformer detectors, dense and binary, in Minim's runtime and in ONNX Runtime, on one thread.

    python3 Benchmarks/transformers.py MINIM DATA [FOLDER]

MINIM is the command, DATA the folder of smd, msl and smap; models are trained for one epoch into FOLDER (a temporary one by
default), for time does not depend on what was learned. Wants torch, onnx and onnxruntime. Each round times all of them one after the
other; the table has medians over the rounds and their ratios.
"""
import json, math, statistics, subprocess, sys, tempfile, time, warnings
import numpy as np, onnxruntime, torch
from torch import nn

warnings.filterwarnings("ignore")
minim, data = sys.argv[1:3]
folder = sys.argv[3] if len(sys.argv) > 3 else tempfile.mkdtemp()
problems = [("SMD", "smd", "machine-1-2", 38, 200), ("MSL", "msl", "C-1", 55, 50), ("SMAP", "smap", "E-1", 25, 50)]
models = [("dense", ["--model", "transformer"]), ("keep 0.5", ["--model", "sbt", "--keep", "0.5"]),
          ("keep 0.25", ["--model", "sbt", "--keep", "0.25"]), ("keep 0.1", ["--model", "sbt", "--keep", "0.1"]),
          ("keep 0.25, row by row", ["--model", "sbt", "--keep", "0.25", "--positions", "none"])]
rounds = 5


class Layer(nn.Module):
    def __init__(self, d, heads, hidden):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.output = (nn.Linear(d, d) for _ in range(4))
        self.first, self.second = nn.Linear(d, hidden), nn.Linear(hidden, d)

    def forward(self, x, own):
        """What `own`, rows of x or all of them, become."""
        batch, steps, d = x.shape
        split = lambda z: z.reshape(batch, -1, self.heads, d // self.heads).transpose(1, 2)
        scores = split(self.query(own)) @ split(self.key(x)).transpose(-1, -2) / math.sqrt(d // self.heads)
        found = torch.softmax(scores, -1) @ split(self.value(x))
        own = own + self.output(found.transpose(1, 2).reshape(own.shape))
        return own + self.second(torch.relu(self.first(own)))


class Network(nn.Module):
    def __init__(self, channels, window):
        super().__init__()
        d = max(16, 2 * channels)
        self.embedding, self.decoder = nn.Linear(channels, d), nn.Linear(d, channels)
        self.places, self.root = nn.Parameter(torch.randn(window, d)), math.sqrt(d)
        self.first, self.second = Layer(d, 2, 256), Layer(d, 2, 256)

    def forward(self, x):
        """The last row; of the last layer nothing is computed but what it needs, as in Minim's packed model."""
        x = self.root * self.embedding(x) + self.places
        x = self.first(x, x)
        return self.decoder(torch.relu(self.second(x, x[:, -1:])))[:, -1]


def session(name, channels, window):
    torch.onnx.export(Network(channels, window).eval(), (torch.randn(1, window, channels),), f"{folder}/{name}.onnx",
                      input_names=["x"], output_names=["y"], dynamo=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(f"{folder}/{name}.onnx", options, providers=["CPUExecutionProvider"])


def onnx_time(session, channels, window):
    x, times = np.random.randn(1, window, channels).astype(np.float32), []
    for _ in range(200):
        start = time.perf_counter()
        session.run(None, {"x": x})
        times.append(time.perf_counter() - start)
    return 1e6 * statistics.median(times)


def packed(name, path, problem, window, options):
    stem = f"{folder}/{name}".replace(" ", "-").replace(",", "")
    subprocess.run([minim, "train", "--task", "detect", "--data", f"{data}/{path}", "--only", problem, "--window", str(window),
                    "--epochs", "1", "--quiet", "--out", stem] + options, check=True, stdout=subprocess.DEVNULL)
    subprocess.run([minim, "pack", stem, "--bare", "--threshold", "1", "--out", f"{stem}.minim"], check=True,
                   stdout=subprocess.DEVNULL)
    return f"{stem}.minim"


def minim_time(file):
    found = json.loads(subprocess.run([minim, "bench", file, "--json"], check=True, capture_output=True).stdout)
    return found["step_us"]["median"] + found["result_us"]["median"]


print("| detector | model | bytes | µs a window | dense / this | ONNX Runtime, dense, / this |\n|---|---|---|---|---|---|")
for name, path, problem, channels, window in problems:
    files = [packed(f"{name} {model}", path, problem, window, options) for model, options in models]
    onnx = session(name, channels, window)
    times = [[minim_time(file) for file in files] + [onnx_time(onnx, channels, window)] for _ in range(rounds)]
    medians = [statistics.median(column) for column in zip(*times)]
    for (model, _), file, own in zip(models, files, medians):
        size = len(open(file, "rb").read())
        print(f"| {name} | {model} | {size} | {own:.1f} | {medians[0] / own:.1f} | {medians[-1] / own:.1f} |")
    print(f"| {name} | ONNX Runtime, dense | | {medians[-1]:.1f} | {medians[0] / medians[-1]:.1f} | 1 |", flush=True)
