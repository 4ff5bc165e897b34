#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/Golden/curves.json: ten steps of Adam on two small classifiers, by PyTorch in float32 and float64.

One LSTM layer of 6 units, and two transformer layers (width 8, 2 heads, 16 inner units, GELU, norm after), each over 4 series
of 12 steps and 3 channels with a linear head for 3 classes, cross entropy, rate 0.01. The file holds for each the data, first
weights, the loss before each step and the gradients of the first step.
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


def lstm(weights, dtype):
    net = torch.nn.LSTM(3, 6, batch_first=True, dtype=dtype)
    states, _ = torch.func.functional_call(
        net, {name: weights[f"recurrent.{name}"] for name in names}, (series.to(dtype),))
    return F.linear(states[:, -1], weights["head.weight"], weights["head.bias"])


class Transformer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.input = torch.nn.Linear(3, 8)
        layer = torch.nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, activation="gelu", batch_first=True)
        self.encoder = torch.nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = torch.nn.Linear(8, 3)

    def forward(self, x):
        return self.head(self.encoder(self.input(x)).mean(1))


transformer_first = {name: short(value.detach() + 0.1 * torch.randn(value.shape))
                     for name, value in Transformer().named_parameters()}


def transformer(weights, dtype):
    return torch.func.functional_call(Transformer().to(dtype), weights, (series.to(dtype),))


def curve(model, first, dtype):
    weights = {name: value.to(dtype, copy=True).requires_grad_() for name, value in first.items()}
    optimiser, losses, gradients = torch.optim.Adam(weights.values(), 0.01), [], None
    for _ in range(10):
        optimiser.zero_grad()
        logits = model(weights, dtype)
        loss = F.cross_entropy(logits, torch.tensor(labels))
        loss.backward()
        gradients = gradients or {name: array(value.grad) for name, value in weights.items()}
        losses.append(loss.item())
        optimiser.step()
    return {"losses": losses, "gradients": gradients}


root = pathlib.Path(__file__).resolve().parents[2]
with open(root / "Tests/Golden/curves.json", "w") as file:
    json.dump({name: {"series": array(series), "labels": labels, "weights": {k: array(v) for k, v in weights.items()},
                      "float32": curve(model, weights, torch.float32), "float64": curve(model, weights, torch.float64)}
               for name, model, weights in [("lstm", lstm, first), ("transformer", transformer, transformer_first)]},
              file, separators=(",", ":"))
