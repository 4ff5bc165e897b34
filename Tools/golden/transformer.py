#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/Golden/transformer.json: small transformer encoders by PyTorch in float64 (methods, sbt 1 to 3).

For each case: the parameters by name, a batch of series, lengths where cases are padded, the encoder's last step or all steps, and the
gradient of the sum of their squares by each parameter. `last-step` cases are made with a full (steps, steps) additive mask, as the
paper's code has it, so that they hold the shorter algebra of ours against it. `biprop` has one matrix with its scores, the matrix in
use for three shares, and the gradient by the scores of the sum of squared outputs.
"""
import json, math, pathlib
import torch, torch.nn.functional as F

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
array = lambda x: {"shape": list(x.shape), "values": [float(f"{v:.14g}") for v in x.detach().flatten().tolist()]}
C, D, FF, T, L = 3, 8, 12, 7, 2


def weights(norm, learned):
    w = {}
    def linear(name, inputs, outputs):
        w[f"{name}.weight"], w[f"{name}.bias"] = torch.randn(outputs, inputs) / math.sqrt(inputs), torch.randn(outputs) / 4
    linear("embedding", C, D)
    for layer in range(L):
        for name in ("query", "key", "value", "output"):
            linear(f"layers.{layer}.{name}", D, D)
        linear(f"layers.{layer}.first", D, FF)
        linear(f"layers.{layer}.second", FF, D)
        if norm != "none":
            n = T if norm == "time" else D
            for i in (1, 2):
                w[f"layers.{layer}.norm{i}.weight"], w[f"layers.{layer}.norm{i}.bias"] = 1 + torch.randn(n) / 4, torch.randn(n) / 4
    if learned:
        w["positions"] = torch.randn(T, D)
    return w


def places(steps):
    pe = torch.zeros(steps, D)
    t = torch.arange(steps)[:, None]
    f = torch.exp(torch.arange(0, D, 2) * (-math.log(10000.0) / D))
    pe[:, 0::2], pe[:, 1::2] = torch.sin(t * f), torch.cos(t * f)
    return pe


def encode(x, w, norm, positions, mask, heads):
    lin = lambda name, y: F.linear(y, w[f"{name}.weight"], w[f"{name}.bias"])
    def normed(name, y):
        if norm == "none":
            return y
        g, b = w[f"{name}.weight"], w[f"{name}.bias"]
        if norm == "token":
            return F.layer_norm(y, (D,), g, b)
        if norm == "time":
            return F.layer_norm(y.transpose(1, 2), (y.shape[1],), g, b).transpose(1, 2)
        return F.batch_norm(y.reshape(-1, D), None, None, g, b, True).reshape(y.shape)
    B, S, _ = x.shape
    y = math.sqrt(D) * lin("embedding", x)
    if positions == "sinusoid":
        y = y + places(S)
    elif positions == "learned":
        y = y + w["positions"]
    for layer in range(L):
        n = f"layers.{layer}"
        split = lambda z: z.reshape(B, S, heads, D // heads).transpose(1, 2)
        q, k, v = (split(lin(f"{n}.{p}", y)) for p in ("query", "key", "value"))
        a = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(D // heads) + mask, -1) @ v
        y = normed(f"{n}.norm1", y + lin(f"{n}.output", a.transpose(1, 2).reshape(B, S, D)))
        y = normed(f"{n}.norm2", y + lin(f"{n}.second", torch.relu(lin(f"{n}.first", y))))
    return torch.relu(y)


def last_step_mask():
    mask = torch.full((T, T), -torch.inf)
    mask[torch.arange(T), torch.arange(T)] = 0
    mask[T - 1] = 0
    mask[T - 1, T - 1] = -torch.inf
    return mask


cases = {}


def add(name, norm, positions, looks, lengths, heads=2):
    w = {k: v.requires_grad_() for k, v in weights(norm, positions == "learned").items()}
    x = torch.randn(3, T, C)
    mask = last_step_mask() if looks == "last-step" else torch.zeros(T, T)
    if lengths:
        mask = torch.stack([torch.where(torch.arange(T) < n, 0.0, -torch.inf).expand(T, T) for n in lengths])[:, None]
    steps = encode(x, w, norm, positions, mask, heads)
    last = steps[:, -1]
    if lengths:  # only what stands in a case's own steps has a meaning
        steps = steps * torch.stack([(torch.arange(T) < n).double() for n in lengths])[:, :, None]
    result = last if norm == "time" or looks == "last-step" else steps
    gradients = torch.autograd.grad((result ** 2).sum(), list(w.values()), allow_unused=True)
    cases[name] = {
        "norm": norm, "positions": positions, "looks": looks, "lengths": lengths, "heads": heads, "series": array(x),
        "weights": {k: array(v) for k, v in w.items()}, "result": array(result), "last": array(last),
        "gradients": {k: array(torch.zeros_like(v) if g is None else g) for (k, v), g in zip(w.items(), gradients)},
    }


for name, norm, positions, looks, lengths in [
    ("everywhere", "none", "sinusoid", "everywhere", None),
    ("token", "token", "learned", "everywhere", None),
    ("batch", "batch", "sinusoid", "everywhere", None),
    ("padded", "token", "sinusoid", "everywhere", [7, 2, 5]),
    ("last-step", "none", "sinusoid", "last-step", None),
    ("last-step-set", "token", "none", "last-step", None),
    ("last-step-time", "time", "sinusoid", "last-step", None),
    ("everywhere-time", "time", "none", "everywhere", None),
]:
    add(name, norm, positions, looks, lengths)

W, S, x = torch.randn(5, 6), torch.randn(5, 6), torch.randn(4, 6)
biprop = {"weights": array(W), "scores": array(S), "inputs": array(x), "cases": []}
for keep in (0.5, 0.25, 0.1):
    n, j = W.numel(), math.floor((1 - keep) * W.numel())
    mask = torch.ones(n)
    mask[torch.sort(S.abs().flatten(), stable=True).indices[:j]] = 0
    mask = mask.reshape(W.shape)
    alpha = (W.abs() * mask).sum() / mask.sum()
    used = (alpha * W.sign() * mask).requires_grad_()
    (by_used,) = torch.autograd.grad((F.linear(x, used) ** 2).sum(), used)
    biprop["cases"].append({"keep": keep, "used": array(used), "by_scores": array(by_used * W * S.sign())})

add("four-heads", "token", "sinusoid", "everywhere", [7, 2, 5], heads=4)
add("four-heads-last-step", "none", "sinusoid", "last-step", None, heads=4)

out = pathlib.Path(__file__).parents[2] / "Tests/Golden/transformer.json"
out.write_text(json.dumps({"encoders": cases, "biprop": biprop}, separators=(",", ":")) + "\n")
