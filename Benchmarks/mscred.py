#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times MSCREDs on signature matrices beside PyTorch: one result on one thread.

    python3 Benchmarks/mscred.py MINIM data/smap CHANNEL [FOLDER]

MINIM is the command; models of one short epoch go into FOLDER (a temporary one by default). Wants torch. For each of mscred, mscred-small
and mscred-device: Minim's evaluation of the test rows, a result every ten rows (matrices and convolutions once for each, LSTMs over five
steps), for those that pack the packed model fed sample by sample, and PyTorch's same network on one window of five steps, with and without the
matrices' products. Each round times all one after the other; the table has medians of three.
"""
import json, statistics, subprocess, sys, tempfile, time

minim, data, channel = sys.argv[1:4]
folder = sys.argv[4] if len(sys.argv) > 4 else tempfile.mkdtemp()
rounds = 3
NAMES = {"mscred": ([32, 64, 128, 256], False), "mscred-small": ([32, 64], False), "mscred-device": ([8, 16], True)}


def call(*words):
    return json.loads(subprocess.run([minim, *words], check=True, capture_output=True, text=True).stdout or "null")


def network(widths, separable):
    import torch
    from torch import nn
    from torch.nn import functional as F

    class Cell(nn.Module):
        def __init__(self, w):
            super().__init__()
            self.depth = nn.Conv2d(2 * w, 2 * w, 3, padding=1, groups=2 * w, bias=False) if separable else None
            self.gates = nn.Conv2d(2 * w, 4 * w, 1 if separable else 3, padding=0 if separable else 1)

        def forward(self, x, h, c):
            z = torch.cat([x, h], 1)
            i, f, g, o = self.gates(self.depth(z) if self.depth is not None else z).chunk(4, 1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            return torch.sigmoid(o) * torch.tanh(c), c

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder, self.cells, self.decoder = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
            for level, w in enumerate(widths):
                k, above = 3 if level < 2 else 2, 3 if level == 0 else widths[level - 1]
                self.encoder.append(nn.Conv2d(above, w, k, 1 if level == 0 else 2, k // 2 if k == 3 else 0))
                self.cells.append(Cell(w))
                wide = w if level == len(widths) - 1 else 2 * w
                self.decoder.append(nn.ConvTranspose2d(wide, above, k, 1 if level == 0 else 2, k // 2 if k == 3 else 0))

        def forward(self, steps):
            maps, codes = [], steps
            for layer, cell in zip(self.encoder, self.cells):
                if layer.kernel_size[0] == 2:
                    codes = F.pad(codes, (0, codes.shape[3] % 2, 0, codes.shape[2] % 2))
                codes = F.selu(layer(codes))
                h = c = torch.zeros_like(codes[:1])
                states = []
                for t in range(len(codes)):
                    h, c = cell(codes[t : t + 1], h, c)
                    states.append(h)
                stack = torch.cat(states).flatten(1)
                weights = torch.softmax(stack @ stack[-1] / len(codes), 0)
                maps.append((weights @ stack).reshape(h.shape))
            image = maps[-1]
            for level in reversed(range(len(maps))):
                if level < len(maps) - 1:
                    image = torch.cat([image, maps[level]], 1)
                size = maps[max(level - 1, 0)].shape[2:]
                image = self.decoder[level](image)
                missing = size[0] - image.shape[2]
                image = F.pad(image, (0, missing, 0, missing)) if missing > 0 else image[:, :, : size[0], : size[1]]
                if level > 0:
                    image = F.selu(image)
            return image

    return Net().eval()


def torch_times(net, channels):
    import torch

    torch.set_num_threads(1)
    rows = torch.rand(100, channels)

    def matrices():
        ends = range(60, 101, 10)
        return torch.stack([torch.stack([rows[e - w : e].T @ rows[e - w : e] / w for w in (10, 30, 60)]) for e in ends])

    steps = matrices()
    with torch.no_grad():
        def clock(body):
            body()
            times = []
            for _ in range(20):
                start = time.perf_counter()
                body()
                times.append(time.perf_counter() - start)
            return statistics.median(times) * 1e6

        return clock(lambda: net(steps)), clock(lambda: net(matrices()))


def main():
    import torch

    found = {name: {"torch": [], "whole": [], "minim": []} for name in NAMES}
    packed, channels = {}, None
    for name in NAMES:
        run = f"{folder}/{name}"
        report = call("train", "--task=detect", f"--data={data}", f"--only={channel}", f"--model={name}", "--epochs=1",
                      "--stride=500", "--score=residual", f"--out={run}", "--quiet", "--json")
        channels = report["channels"]
        for precision in ("float32", "int8"):
            out = f"{folder}/{name}-{precision}.minim"
            done = subprocess.run([minim, "pack", run, f"--data={data}", f"--precision={precision}", "--bare", f"--out={out}", "--json"],
                                  capture_output=True, text=True)
            if done.returncode == 0:
                packed[name, precision] = (out, json.loads(done.stdout)["bytes"], [])
    nets = {name: network(*sizes) for name, sizes in NAMES.items()}
    for step in range(rounds):
        for name in NAMES:
            out = f"{folder}/{name}-evaluation-{step}"
            subprocess.run([minim, "evaluate-detector", f"--detector={folder}/{name}", f"--data={data}", f"--only={channel}",
                            "--threads=1", f"--out={out}"], check=True, capture_output=True)
            measures = json.load(open(f"{out}/measures.json"))["measures"]
            found[name]["minim"].append(measures["score_seconds"])
            alone, whole = torch_times(nets[name], channels)
            found[name]["torch"].append(alone)
            found[name]["whole"].append(whole)
        for file, _, times in packed.values():
            times.append(call("bench", file, "--json"))
    print(f"PyTorch {torch.__version__}, {channels} channels, one thread, microseconds a result (medians of {rounds})\n")
    print("| model | numbers | PyTorch | PyTorch with matrices | Minim, evaluation: seconds of all test rows |")
    print("|---|---|---|---|---|")
    for name, times in found.items():
        count = sum(p.numel() for p in nets[name].parameters())
        print(f"| {name} | {count} | {statistics.median(times['torch']):.0f} | {statistics.median(times['whole']):.0f} | "
              f"{statistics.median(times['minim']):.2f} |")
    print()
    for (name, precision), (_, size, times) in packed.items():
        print(name, precision, size, "bytes", json.dumps(times[len(times) // 2]))


main()
