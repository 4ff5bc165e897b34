# SPDX-License-Identifier: Apache-2.0
"""Reference values for GON from PyTorch in float64, written to Tests/Golden/gon.json."""

import json
import math
import pathlib

import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHANNELS, WINDOW, HIDDEN = 2, 3, 4


def network(slope, weights):
    def apply(x):
        for index, (w, b) in enumerate(weights):
            x = x if index == 0 else torch.nn.functional.leaky_relu(x, slope)
            x = x @ w.T + b
        return x
    return apply


def generate(d, start, target, tolerance, clamps, steps):
    """Methods, gon 1.3: one window at a time."""
    z = start.clone().requires_grad_(True)
    optimiser = torch.optim.Adam([z], lr=0.01)
    last, count, taken = 10.0, 0, 0
    for k in range(steps):
        optimiser.param_groups[0]["lr"] = 0.01 * (1 + math.cos(math.pi * k / 10)) / 2
        loss = torch.nn.functional.binary_cross_entropy_with_logits(d(z), torch.full((1,), target, dtype=z.dtype))
        before = z.detach().clone()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if clamps:
            with torch.no_grad():
                z.clamp_(0, 1)
        taken = k + 1
        moved = (z.detach() - before).abs().max().item() < tolerance
        fell = 0 < last - loss.item() < tolerance
        count = count + 1 if moved or fell else 0
        last = loss.item()
        if count > 10:
            break
    return z.detach(), taken


def main():
    torch.manual_seed(3)
    torch.set_default_dtype(torch.float64)
    size = CHANNELS * WINDOW
    shapes = [(HIDDEN, size), (HIDDEN, HIDDEN), (1, HIDDEN)]
    cases = []
    for name, slope, target, clamps in [
        ("clean", 0.2, 1.0, True), ("free", 0.2, 1.0, False), ("compat", 1.0, 0.9, True)
    ]:
        weights = [(torch.randn(o, i) * (1.2 if name == "free" else 0.8), torch.randn(o) * 0.3) for o, i in shapes]
        windows = torch.rand(6, size) * 1.4 - 0.2
        d = network(slope, weights)
        found = [generate(d, x, target, 1e-4, clamps, 100) for x in windows]
        points = torch.stack([p for p, _ in found])
        # One outer step on a window of one row, from the window itself (the reference's way).
        row = windows[0][:CHANNELS].repeat(WINDOW)
        tuned = [(w.clone().requires_grad_(True), b.clone().requires_grad_(True)) for w, b in weights]
        net = network(slope, tuned)
        fake, _ = generate(net, row, 0.9, 1e-3, True, 100)
        flat = [p for pair in tuned for p in pair]
        optimiser = torch.optim.Adam(flat, lr=5e-4, weight_decay=1e-5)
        bce = torch.nn.functional.binary_cross_entropy_with_logits
        loss = 0.5 * (bce(net(row), torch.tensor([0.9])) + bce(net(fake), torch.tensor([0.1])))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        cases.append({
            "name": name,
            "weights": [w.flatten().tolist() for pair in weights for w in pair],
            "windows": windows.flatten().tolist(),
            "points": points.flatten().tolist(),
            "steps": [s for _, s in found],
            "parts": ((points - windows)[:, -CHANNELS:] ** 2).flatten().tolist(),
            "logits": d(windows).flatten().tolist(),
            "loss": loss.item(),
            "after": [p.detach().flatten().tolist() for p in flat],
        })
    (ROOT / "Tests/Golden/gon.json").write_text(json.dumps({"cases": cases}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
