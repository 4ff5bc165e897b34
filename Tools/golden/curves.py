#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/Golden/curves.json: ten steps of Adam on a small LSTM classifier, by PyTorch in float32 and float64.

One LSTM layer of 6 units over 4 series of 12 steps and 3 channels, a linear head for 3 classes, cross entropy, rate 0.01.
The file holds data, first weights, the loss before each step and the gradients of the first step.
"""
import json, pathlib
import torch, torch.nn.functional as F

torch.manual_seed(0)
short = lambda x: (x * 256).round() / 256  # exact in both types
names = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]
series, labels = short(torch.randn(4, 12, 3)), [2, 0, 1, 0]
first = {f"recurrent.{name}": short(0.8 * torch.rand(shape) - 0.4)
         for name, shape in zip(names, [(24, 3), (24, 6), (24,), (24,)])}
first |= {"head.weight": short(0.8 * torch.rand(3, 6) - 0.4), "head.bias": short(0.8 * torch.rand(3) - 0.4)}


def array(tensor):
    return {"shape": list(tensor.shape), "values": tensor.double().flatten().tolist()}


def curve(dtype):
    weights = {name: value.to(dtype, copy=True).requires_grad_() for name, value in first.items()}
    net = torch.nn.LSTM(3, 6, batch_first=True, dtype=dtype)
    optimiser, losses, gradients = torch.optim.Adam(weights.values(), 0.01), [], None
    for _ in range(10):
        optimiser.zero_grad()
        states, _ = torch.func.functional_call(
            net, {name: weights[f"recurrent.{name}"] for name in names}, (series.to(dtype),))
        logits = F.linear(states[:, -1], weights["head.weight"], weights["head.bias"])
        loss = F.cross_entropy(logits, torch.tensor(labels))
        loss.backward()
        gradients = gradients or {name: array(value.grad) for name, value in weights.items()}
        losses.append(loss.item())
        optimiser.step()
    return {"losses": losses, "gradients": gradients}


root = pathlib.Path(__file__).resolve().parents[2]
with open(root / "Tests/Golden/curves.json", "w") as file:
    json.dump({"series": array(series), "labels": labels, "weights": {k: array(v) for k, v in first.items()},
               "float32": curve(torch.float32), "float64": curve(torch.float64)}, file, separators=(",", ":"))
