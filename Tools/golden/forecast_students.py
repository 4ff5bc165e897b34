#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/Golden/forecast-students.json: small light forecasters and TimeDistill's loss by PyTorch in float64 (methods,
timedistill 1, 2 and 8).

Weights and buffers are not stored: they follow the rule `numbers`, by the name that a tensor has in a file. For each model its output
and feature in use, its output, penalty and feature in training (norms by the batch), and the gradients in training of the mean squared
error and the penalty by every parameter. For the loss: gradients by forecast, feature and regressor.
"""
import json, math, pathlib
import torch, torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
array = lambda x: {"shape": list(x.shape), "values": [float(f"{v:.13g}") for v in x.detach().flatten().tolist()]}
short = lambda x: (x * 64).round() / 64
BATCH, CHANNELS, LOOKBACK = 4, 3, 48
STEPS = [-5, 100, 7, 8]
rows = short(torch.randn(BATCH, CHANNELS, LOOKBACK).cumsum(-1) / 2 + 3 * torch.randn(BATCH, CHANNELS, 1))
targets = {h: short(rows[:, :, -1:] + torch.randn(BATCH, CHANNELS, h)) for h in (12, 24, 48)}


def numbers(name, shape):
    k = torch.arange(shape.numel()) + sum((i + 1) * b for i, b in enumerate(name.encode())) % 10007
    v = ((k * k * 7919 + k * 31) % 10007).double() / 5003 - 1
    if len(shape) > 1:
        v = v * (1 / math.sqrt(math.prod(shape[1:])))
    elif name.endswith("running_var"):
        v = 1 + 0.5 * v
    elif name.endswith("weight"):
        v = 1 + 0.25 * v
    else:
        v = 0.3 * v
    return v.view(shape)


def trend(x, kernel=25):
    ends = (kernel - 1) // 2
    return F.avg_pool1d(F.pad(x, (ends, ends), mode="replicate"), kernel, 1)


class Perceptron(nn.Module):
    class Branch(nn.Module):
        def __init__(self, hidden, horizon):
            super().__init__()
            self.first, self.norm, self.second = nn.Linear(LOOKBACK, hidden), nn.BatchNorm1d(CHANNELS), nn.Linear(hidden, horizon)

        def forward(self, x):
            h = self.first(x)
            return h, self.second(torch.relu(self.norm(h)))

    def __init__(self, horizon, hidden, decomposes):
        super().__init__()
        self.season = self.Branch(hidden, horizon)
        self.trend = self.Branch(hidden, horizon) if decomposes else None

    def forward(self, x):
        level = x.mean(-1, keepdim=True)
        x = x - level
        if self.trend is None:
            feature, y = self.season(x)
        else:
            slow = trend(x)
            (a, y), (b, z) = self.season(x - slow), self.trend(slow)
            feature, y = a + b, y + z
        return y + level, feature, None


class DLinear(nn.Module):
    def __init__(self, horizon):
        super().__init__()
        self.map, self.trend = nn.Linear(LOOKBACK, horizon), nn.Linear(LOOKBACK, horizon)

    def forward(self, x):
        slow = trend(x)
        return self.map(x - slow) + self.trend(slow), None, None


class NLinear(nn.Module):
    def __init__(self, horizon):
        super().__init__()
        self.map = nn.Linear(LOOKBACK, horizon)

    def forward(self, x):
        last = x[:, :, -1:]
        return self.map(x - last) + last, None, None


class RLinear(nn.Module):
    def __init__(self, horizon):
        super().__init__()
        self.map = nn.Linear(LOOKBACK, horizon)
        self.scale, self.shift = nn.Parameter(torch.ones(CHANNELS)), nn.Parameter(torch.zeros(CHANNELS))

    def forward(self, x):
        g, b = self.scale[:, None], self.shift[:, None]
        mean, std = x.mean(-1, keepdim=True), torch.sqrt(x.var(-1, keepdim=True, unbiased=False) + 1e-5)
        return (self.map((x - mean) / std * g + b) - b) / (g + 1e-10) * std + mean, None, None


class LowRank(nn.Module):
    def __init__(self, horizon, rank):
        super().__init__()
        self.basis, self.map = nn.Parameter(torch.empty(rank, LOOKBACK)), nn.Linear(rank, horizon)

    def forward(self, x):
        mean = x.mean(-1, keepdim=True)
        return self.map((x - mean) @ self.basis.T) + mean, None, None


class SparseTSF(nn.Module):
    def __init__(self, horizon, period, hidden):
        super().__init__()
        n, m = LOOKBACK // period, horizon // period
        self.period, self.kernel = period, nn.Parameter(torch.empty(1, 1, 2 * (period // 2) + 1))
        self.first = nn.Linear(n, hidden or m, bias=hidden is not None)
        self.second = nn.Linear(hidden, m) if hidden else None

    def forward(self, x):
        mean = x.mean(-1, keepdim=True)
        x = (x - mean).reshape(-1, 1, LOOKBACK)
        x = (F.conv1d(x, self.kernel, padding=self.period // 2) + x).reshape(-1, LOOKBACK // self.period, self.period)
        y = self.first(x.transpose(1, 2))
        if self.second is not None:
            y = self.second(torch.relu(y))
        return y.transpose(1, 2).reshape(BATCH, CHANNELS, -1) + mean, None, None


class FITS(nn.Module):
    def __init__(self, horizon, frequencies):
        super().__init__()
        self.horizon, self.frequencies, all_rows = horizon, frequencies, LOOKBACK + horizon
        outputs = min(frequencies * all_rows // LOOKBACK, all_rows // 2 + 1)
        self.weight, self.bias = nn.Module(), nn.Module()
        for part in ("real", "imaginary"):
            self.weight.register_parameter(part, nn.Parameter(torch.empty(outputs, frequencies)))
            self.bias.register_parameter(part, nn.Parameter(torch.empty(outputs)))

    def forward(self, x):
        mean, std = x.mean(-1, keepdim=True), torch.sqrt(x.var(-1, keepdim=True, unbiased=True) + 1e-5)
        spectrum = torch.fft.rfft((x - mean) / std)[..., : self.frequencies]
        w, b = torch.complex(self.weight.real, self.weight.imaginary), torch.complex(self.bias.real, self.bias.imaginary)
        y = torch.fft.irfft(spectrum @ w.T + b, n=LOOKBACK + self.horizon) * (LOOKBACK + self.horizon) / LOOKBACK
        return y[..., -self.horizon :] * std + mean, None, None


class TimeBase(nn.Module):
    def __init__(self, horizon, period, rank):
        super().__init__()
        self.horizon, self.period, self.rank = horizon, period, rank
        self.basis, self.head = nn.Linear(LOOKBACK // period, rank), nn.Linear(rank, -(-horizon // period))

    def forward(self, x):
        x = x.unflatten(-1, (-1, self.period))
        mean = x.mean(2, keepdim=True)
        parts = self.basis((x - mean).transpose(2, 3))
        y = (self.head(parts).transpose(2, 3) + mean).flatten(2)[..., : self.horizon]
        gram = parts.transpose(2, 3) @ parts
        gram = gram - torch.diag_embed(torch.diagonal(gram, dim1=-2, dim2=-1))
        return y, None, 0.04 * torch.linalg.matrix_norm(gram).mean()


class CycleNet(nn.Module):
    def __init__(self, horizon, period, hidden):
        super().__init__()
        self.horizon, self.period, self.cycle = horizon, period, nn.Parameter(torch.empty(CHANNELS, period))
        self.first, self.second = nn.Linear(LOOKBACK, hidden or horizon), nn.Linear(hidden, horizon) if hidden else None

    def forward(self, x):
        mean, std = x.mean(-1, keepdim=True), torch.sqrt(x.var(-1, keepdim=True, unbiased=True) + 1e-5)
        turn = lambda start, count: torch.stack([self.cycle[:, (s + start + torch.arange(count)) % self.period] for s in STEPS])
        y = self.first((x - mean) / std - turn(-LOOKBACK, LOOKBACK))
        if self.second is not None:
            y = self.second(torch.relu(y))
        return (y + turn(0, self.horizon)) * std + mean, None, None


def fill(model):
    with torch.no_grad():
        for key, tensor in model.state_dict().items():
            if tensor.is_floating_point():
                tensor.copy_(numbers(key, tensor.shape))
    return model


models = {}
for name, horizon, model in [
    ("mlp", 12, Perceptron(12, 10, True)), ("mlp-plain", 24, Perceptron(24, 9, False)), ("dlinear", 12, DLinear(12)),
    ("nlinear", 24, NLinear(24)), ("rlinear", 12, RLinear(12)), ("low-rank", 24, LowRank(24, 5)), ("sparsetsf", 12, SparseTSF(12, 4, None)),
    ("sparsetsf-odd", 24, SparseTSF(24, 3, None)), ("sparsetsf-mlp", 24, SparseTSF(24, 12, 7)), ("fits", 24, FITS(24, 15)),
    ("fits-all", 12, FITS(12, 25)), ("fits-more", 48, FITS(48, 25)), ("timebase", 24, TimeBase(24, 12, 3)),
    ("timebase-cut", 12, TimeBase(12, 8, 1)), ("cyclenet", 12, CycleNet(12, 7, None)), ("cyclenet-mlp", 24, CycleNet(24, 24, 6)),
]:
    used = fill(model).eval()(rows)
    trained = model.train()(rows)
    loss = (trained[0] - targets[horizon]).square().mean()
    (loss if trained[2] is None else loss + trained[2]).backward()
    models[name] = {"horizon": horizon, "output": array(used[0]), "training_output": array(trained[0])}
    if used[1] is not None:
        models[name] |= {"feature": array(used[1])}
    if trained[2] is not None:
        models[name] |= {"penalty": trained[2].item()}
    models[name]["gradients"] = {k: array(p.grad) for k, p in model.named_parameters()}


def scales(a, b):
    d, terms = a - b, []
    for _ in range(4):
        terms.append(d.square().mean())
        d = F.avg_pool1d(d, 2)
    return sum(terms) / 4


def period(student, teacher):
    p = lambda z: F.log_softmax(torch.fft.rfft(z).abs()[..., 1:] / 0.5, -1)
    return (p(teacher).exp() * (p(teacher) - p(student))).mean()


def numbered(name, *shape):
    return numbers(name, torch.Size(shape)).requires_grad_()


inputs = {
    "student": numbered("student", 4, 3, 21), "teacher": numbered("teacher", 4, 3, 21),
    "student.feature": numbered("student.feature", 4, 3, 16), "teacher.feature": numbered("teacher.feature", 4, 3, 11),
    "first.weight": numbered("first.weight", 16, 11), "first.bias": numbered("first.bias", 16),
    "second.weight": numbered("second.weight", 16, 16), "second.bias": numbered("second.bias", 16),
}
i = inputs
goal = F.linear(F.relu(F.linear(i["teacher.feature"], i["first.weight"], i["first.bias"])), i["second.weight"], i["second.bias"])
lean = 0.7 * scales(i["student"], i["teacher"]) + 1.3 * scales(i["student.feature"], goal)
reference = lean + 0.7 * period(i["student"], i["teacher"]) + 1.3 * period(i["student.feature"], goal)
reference.backward()
distillation = {
    "lean": lean.item(), "reference": reference.item(),
    "inputs": {k: array(v) for k, v in i.items()}, "gradients": {k: array(v.grad) for k, v in i.items()},
}
out = pathlib.Path(__file__).parents[2] / "Tests/Golden/forecast-students.json"
out.write_text(json.dumps({
    "rows": array(rows), "steps": STEPS, "targets": {str(h): array(t) for h, t in targets.items()}, "models": models,
    "distillation": distillation,
}, separators=(",", ":")) + "\n")
