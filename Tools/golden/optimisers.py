#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/Golden/optimisers.json: twenty steps of Adam, AdamW and SGD by PyTorch on 0.5 |A w - b|^2, clipped."""
import json, pathlib
import torch

torch.set_default_dtype(torch.float64)
torch.manual_seed(0)
a, b = (torch.randn(6, 4) * 64).round() / 64, (torch.randn(6) * 640).round() / 64
result = {"a": a.flatten().tolist(), "b": b.tolist(), "paths": {}}
for name, make in {
    "adam": lambda p: torch.optim.Adam(p, 0.05), "adamw": lambda p: torch.optim.AdamW(p, 0.05, weight_decay=0.01),
    "sgd": lambda p: torch.optim.SGD(p, 0.01, momentum=0.9),
}.items():
    weight, bias = torch.ones(4, requires_grad=True), torch.zeros(1, requires_grad=True)
    optimiser, path = make([weight, bias]), []
    for _ in range(20):
        optimiser.zero_grad()
        (0.5 * (a @ weight + bias - b).square().sum()).backward()
        torch.nn.utils.clip_grad_norm_([weight, bias], 5.0)
        optimiser.step()
        path.append(weight.tolist() + bias.tolist())
    result["paths"][name] = path
root = pathlib.Path(__file__).resolve().parents[2]
with open(root / "Tests/Golden/optimisers.json", "w") as file:
    json.dump(result, file)
