#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times an epoch of training and one forecast of Minim's forecasters beside PyTorch and ONNX Runtime.

    python3 Benchmarks/forecasters.py MINIM ETTh1.csv[.gz] [FOLDER]

MINIM is the command; models of a few epochs go into FOLDER (a temporary one by default). Wants torch, onnx and onnxruntime. An epoch is
a pass over all 7,825 training windows in batches of 32 and one over the 2,785 validation windows, look-back 720, horizon 96; Minim's is
the difference of runs of three epochs and of one. PyTorch runs with one and with two threads, the faster counts, and its peak memory is
that of the process. A forecast is of all seven channels, on one thread. Each round times all one after the other; the tables have medians.
"""
import csv, gzip, json, os, resource, statistics, subprocess, sys, tempfile, time
import numpy as np

minim, data = sys.argv[1:3]
folder = sys.argv[3] if len(sys.argv) > 3 else tempfile.mkdtemp()
os.makedirs(folder, exist_ok=True)
L, H, C, rounds = 720, 96, 7, 3


def rows():
    opened = gzip.open(data, "rt") if data.endswith(".gz") else open(data)
    with opened as file:
        table = np.array([[float(x) for x in line[1:]] for line in list(csv.reader(file))[1:14401]], np.float32)
    return (table - table[:8640].mean(0)) / table[:8640].std(0)


def models():
    import torch
    from torch import nn

    class Student(nn.Module):
        """Two branches, season and trend."""

        def __init__(self):
            super().__init__()
            self.first = nn.ModuleList(nn.Linear(L, 512) for _ in range(2))
            self.norm = nn.ModuleList(nn.BatchNorm1d(C) for _ in range(2))
            self.second = nn.ModuleList(nn.Linear(512, H) for _ in range(2))

        def forward(self, x):
            mean = x.mean(-1, keepdim=True)
            x = x - mean
            padded = nn.functional.pad(x, (12, 12), mode="replicate")
            trend = nn.functional.avg_pool1d(padded, 25, 1)
            parts = [x - trend, trend]
            return mean + sum(s(torch.relu(n(f(p)))) for f, n, s, p in zip(self.first, self.norm, self.second, parts))

    class Inverted(nn.Module):
        """Tokens are channels; the calendar's four are left out."""

        def __init__(self, d=256):
            super().__init__()
            self.embedding, self.head, self.last = nn.Linear(L, d), nn.Linear(d, H), nn.LayerNorm(d)
            self.layers = nn.ModuleList(
                nn.TransformerEncoderLayer(d, 8, d, 0.1, "gelu", batch_first=True) for _ in range(2))

        def forward(self, x):
            mean, scale = x.mean(-1, keepdim=True), (x.var(-1, keepdim=True, unbiased=False) + 1e-5).sqrt()
            y = nn.functional.dropout(self.embedding((x - mean) / scale), 0.1, self.training)
            for layer in self.layers:
                y = layer(y)
            return self.head(self.last(y)) * scale + mean

    return {"mlp": (Student, 0.01), "itransformer": (Inverted, 1e-4)}


def torch_epoch(name, threads):
    """In a process of its own: seconds of an epoch, and the process's peak memory."""
    import torch

    torch.set_num_threads(threads)
    make, rate = models()[name]
    model, values = make(), torch.tensor(rows().T.copy())
    windows = values.unfold(1, L + H, 1).permute(1, 0, 2)
    train, held = windows[: 8640 - L - H + 1], windows[8640 - L : 8640 + 2880 - L - H + 1]
    optimiser, times = torch.optim.Adam(model.parameters(), rate), []
    for _ in range(2):
        start = time.perf_counter()
        model.train()
        for part in torch.randperm(len(train)).split(32):
            batch = train[part]
            optimiser.zero_grad()
            ((model(batch[..., :L]) - batch[..., L:]) ** 2).mean().backward()
            optimiser.step()
        model.eval()
        with torch.no_grad():
            sum(((model(batch[..., :L]) - batch[..., L:]) ** 2).sum() for batch in held.split(32))
        times.append(time.perf_counter() - start)
    print(json.dumps([times[1], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))


def minim_epoch(name):
    def run(epochs):
        out = tempfile.mkdtemp(dir=folder)
        start = time.perf_counter()
        width = ["--hidden", "256"] if name == "itransformer" else []
        subprocess.run([minim, "train", "--task", "forecast", "--data", data, "--model", name, "--epochs", str(epochs), "--out", out,
                        "--quiet"] + width, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - start, json.load(open(f"{out}/measures.json"))["measures"]["train_peak_bytes"] / 2**20

    short, long = run(1), run(3)
    return (long[0] - short[0]) / 2, long[1]


def median(pairs):
    return [statistics.median(column) for column in zip(*pairs)]


def train_table():
    print("| epoch of ETTh1-96 | Minim, s | PyTorch, s | PyTorch / Minim | Minim, MiB | PyTorch, MiB |\n|---|---|---|---|---|---|")
    for name in ["mlp", "itransformer"]:
        ours, theirs = [], {1: [], 2: []}
        for _ in range(rounds):
            ours.append(minim_epoch(name))
            for threads in theirs:
                command = [sys.executable, __file__, minim, data, folder, "--epoch", name, str(threads)]
                theirs[threads].append(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))
        own, peer = median(ours), min(map(median, theirs.values()))
        print(f"| {name} | {own[0]:.1f} | {peer[0]:.1f} | {peer[0] / own[0]:.2f} | {own[1]:.0f} | {peer[1]:.0f} |", flush=True)


def forecast_table():
    import onnxruntime, torch

    student = models()["mlp"][0]().eval()
    torch.onnx.export(student, (torch.randn(1, C, L),), f"{folder}/mlp.onnx", input_names=["x"], output_names=["y"], dynamo=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(f"{folder}/mlp.onnx", options, providers=["CPUExecutionProvider"])
    x = np.random.randn(1, C, L).astype(np.float32)

    def onnx_time():
        times = []
        for _ in range(200):
            start = time.perf_counter()
            session.run(None, {"x": x})
            times.append(time.perf_counter() - start)
        return 1e6 * statistics.median(times)

    files = []
    for name, precision in [("mlp", "float32"), ("mlp", "int8"), ("dlinear", "float32"), ("fits", "float32"), ("sparsetsf", "float32"),
                            ("sparsetsf-mlp", "float32"), ("timebase", "float32"), ("low-rank", "float32")]:
        run, file = f"{folder}/{name}", f"{folder}/{name}-{precision}.minim"
        if not os.path.exists(run):
            subprocess.run([minim, "train", "--task", "forecast", "--data", data, "--model", name, "--epochs", "1", "--out", run, "--quiet"],
                           check=True, stdout=subprocess.DEVNULL)
        subprocess.run([minim, "pack", run, "--precision", precision, "--out", file, "--bare"], check=True, stdout=subprocess.DEVNULL)
        files.append((f"{name}, {precision}", file))

    def minim_time(file):
        found = json.loads(subprocess.run([minim, "bench", file, "--json"], check=True, capture_output=True).stdout)
        return found["step_us"]["median"] + found["result_us"]["median"]

    times = [[minim_time(file) for _, file in files] + [onnx_time()] for _ in range(rounds)]
    medians = [statistics.median(column) for column in zip(*times)]
    print("| one forecast | bytes | µs | ONNX Runtime's mlp / this |\n|---|---|---|---|")
    for (name, file), own in zip(files + [("mlp, ONNX Runtime", f"{folder}/mlp.onnx")], medians):
        print(f"| {name} | {os.path.getsize(file)} | {own:.1f} | {medians[-1] / own:.2f} |")


if "--epoch" in sys.argv:
    torch_epoch(sys.argv[-2], int(sys.argv[-1]))
else:
    forecast_table()
    train_table()
