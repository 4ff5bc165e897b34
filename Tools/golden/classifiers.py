#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/Golden/classifiers.json: small convolutional classifiers by PyTorch in float64.

For each of `tcn` and `lite`: parameters and buffers by name, a batch of series (2 channels), and the logits in both modes of
the norms; in training also the gradient of the sum of squared logits by each parameter. `padded` has the training mode of the
tcn where the norms see the valid steps of padded cases alone.
"""
import json, pathlib
import torch, torch.nn.functional as F

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
short = lambda x: (x * 256).round() / 256
array = lambda x: {"shape": list(x.shape), "values": [float(f"{v:.14g}") for v in x.detach().flatten().tolist()]}


def convolve(x, w, dilation=1, groups=1):
    return F.conv1d(F.pad(x, ((w.shape[-1] - 1) * dilation, 0)), w, dilation=dilation, groups=groups)


def norm(x, weights, name, training, valid):
    mean, variance = weights[f"{name}.running_mean"], weights[f"{name}.running_var"]
    if valid is not None:  # the norm of the valid steps as rows
        rows = F.batch_norm(x.transpose(1, 2)[valid], None, None, weights[f"{name}.weight"], weights[f"{name}.bias"], True)
        out = torch.zeros_like(x.transpose(1, 2)).index_put(torch.where(valid), rows)
        return out.transpose(1, 2)
    return F.batch_norm(x, None if training else mean, None if training else variance, weights[f"{name}.weight"],
                        weights[f"{name}.bias"], training)


def pooled(x, weights, valid):
    mean = x.mean(-1) if valid is None else (x * valid[:, None]).sum(-1) / valid.sum(-1, keepdim=True)
    return F.linear(mean, weights["head.weight"], weights["head.bias"])


def tcn(x, weights, training, valid=None):
    for block in range(3):
        y = norm(convolve(x, weights[f"blocks.{block}.convolution.weight"], 2 ** block), weights, f"blocks.{block}.norm",
                 training, valid)
        x = torch.relu(y + x if y.shape == x.shape else y)
    return pooled(x, weights, valid)


def fixed():
    """The filters from the text of the LITE paper: alternating signs; a parabola up and down, negative, double, negative."""
    for sign in (-1, 1):
        for k in (2, 4, 8, 16, 32, 64):
            yield sign * torch.tensor([1.0, -1.0] * (k // 2))
    for k in (4, 8, 16, 32, 64):
        up = torch.linspace(0, 1, k // 4 + 1)[1:] ** 2
        yield torch.cat([f * torch.cat([up, up.flip(0)]) for f in (-1, 2, -1)])


def lite(x, weights, training, valid=None):
    shapes = [convolve(x, f.expand(1, x.shape[1], -1)) for f in fixed()]
    x = torch.cat([convolve(x, weights[f"parallel.{i}.weight"]) for i in range(3)] + shapes, 1)
    x = torch.relu(norm(x, weights, "norms.0", training, valid))
    for i, dilation in enumerate((2, 4)):
        x = convolve(x, weights[f"depth_wise.{i}.weight"], dilation, x.shape[1])
        x = torch.relu(norm(convolve(x, weights[f"point_wise.{i}.weight"]), weights, f"norms.{i + 1}", training, valid))
    return pooled(x, weights, valid)


def norms(name, channels):
    return {f"{name}.weight": (channels,), f"{name}.bias": (channels,), f"{name}.running_mean": (channels,),
            f"{name}.running_var": (channels,)}


head = {"head.weight": (3, 4), "head.bias": (3,)}
shapes = {"tcn": {}, "lite": {}}
for block in range(3):
    shapes["tcn"] |= {f"blocks.{block}.convolution.weight": (4, 2 if block == 0 else 4, 3)} | norms(f"blocks.{block}.norm", 4)
for i, kernel in enumerate((40, 20, 10)):
    shapes["lite"][f"parallel.{i}.weight"] = (4, 2, kernel)
shapes["lite"] |= norms("norms.0", 29)
for i, (width, kernel) in enumerate(((29, 20), (4, 10))):
    shapes["lite"] |= {f"depth_wise.{i}.weight": (width, 1, kernel), f"point_wise.{i}.weight": (4, width, 1)}
    shapes["lite"] |= norms(f"norms.{i + 1}", 4)

result = {}
for name, model in dict(tcn=tcn, lite=lite).items():
    weights = {n: short(0.5 * torch.randn(s)) for n, s in (shapes[name] | head).items()}
    for n in weights:
        if n.endswith("running_var"):
            weights[n] = weights[n].abs() + 0.5
        elif not n.endswith("running_mean"):
            weights[n].requires_grad_()
    series, lengths = short(torch.randn(4, 2, 30)), [30, 7, 1, 19]
    valid = torch.arange(30) < torch.tensor(lengths)[:, None]
    training = model(series, weights, True)
    trained = [n for n in weights if weights[n].requires_grad]
    gradients = torch.autograd.grad(training.square().sum(), [weights[n] for n in trained])
    result[name] = dict(series=array(series.transpose(1, 2)), weights={n: array(w) for n, w in weights.items()},
                        lengths=lengths, use=array(model(series, weights, False)), training=array(training),
                        padded=array(model(series, weights, True, valid)),
                        gradients={n: array(g) for n, g in zip(trained, gradients)})
root = pathlib.Path(__file__).resolve().parents[2]
with open(root / "Tests/Golden/classifiers.json", "w") as file:
    json.dump(result, file, separators=(",", ":"))
