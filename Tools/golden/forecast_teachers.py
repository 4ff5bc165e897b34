#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/Golden/forecast-teachers.json: small teachers of forecasters by PyTorch in float64 (methods, timedistill 3.1 to 3.3).

Weights and buffers are not stored: they follow the rule `numbers`, by the name that a tensor has in a file. For each model its
output and feature in use, in training (norms by the batch) with nothing dropped, and in training with a quarter dropped by the numbers of
xoshiro256**, its seed 7 spread by SplitMix64; and the gradients, in training with nothing dropped, of the sum of squares of both by every
parameter of at most 100 numbers.
"""
import json, math, pathlib
import torch, torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
array = lambda x: {"shape": list(x.shape), "values": [float(f"{v:.13g}") for v in x.detach().flatten().tolist()]}
BATCH, CHANNELS, LOOKBACK, HORIZON = 2, 3, 50, 12
short = lambda x: (x * 64).round() / 64
rows = short(torch.randn(BATCH, CHANNELS, LOOKBACK).cumsum(-1) / 2 + 3 * torch.randn(BATCH, CHANNELS, 1))
marks = short(torch.rand(BATCH, 4, LOOKBACK) - 0.5)


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


class Dropout:
    """Keeps an element and divides it by 1 - rate where the next number in [0, 1) is not below the rate."""
    rate, state = 0.0, [0] * 4

    def start(self, rate, seed):
        self.rate, self.state, full = rate, [], 2**64 - 1
        for i in range(4):
            z = seed + (i + 1) * 0x9E3779B97F4A7C15 & full
            z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & full
            z = (z ^ z >> 27) * 0x94D049BB133111EB & full
            self.state.append(z ^ z >> 31)

    def uniform(self):
        turn = lambda x, n: (x << n | x >> 64 - n) & 2**64 - 1
        a, b, c, d = self.state
        result = turn(b * 5 & 2**64 - 1, 7) * 9 & 2**64 - 1
        c, d = c ^ a, d ^ b
        self.state = [a ^ d, b ^ c, c ^ (b << 17 & 2**64 - 1), turn(d, 45)]
        return (result >> 11) / 2**53

    def __call__(self, x):
        if self.rate == 0:
            return x
        kept = torch.tensor([self.uniform() >= self.rate for _ in range(x.numel())]).view(x.shape)
        return torch.where(kept, x / (1 - self.rate), 0.0)


drop = Dropout()


class Revin:
    def __init__(self, x):
        self.mean = x.mean(-1, keepdim=True)
        self.std = torch.sqrt(x.var(-1, keepdim=True, unbiased=False) + 1e-5)

    def there(self, x):
        return (x - self.mean) / self.std

    def back(self, y):
        return y * self.std + self.mean


class Layer(nn.Module):
    def __init__(self, d, heads, units):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.output = (nn.Linear(d, d) for _ in range(4))
        self.first, self.second = nn.Linear(d, units), nn.Linear(units, d)
        self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)

    def forward(self, x):
        split = lambda y: y.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        q, k, v = split(self.query(x)), split(self.key(x)), split(self.value(x))
        weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]), -1)
        x = self.norm1(x + drop(self.output((weights @ v).transpose(1, 2).flatten(2))))
        return self.norm2(x + drop(self.second(drop(F.gelu(self.first(x))))))


class InvertedTransformer(nn.Module):
    def __init__(self, d=16, layers=2, heads=4, units=20):
        super().__init__()
        self.embedding = nn.Linear(LOOKBACK, d)
        self.layers = nn.ModuleList(Layer(d, heads, units) for _ in range(layers))
        self.norm = nn.LayerNorm(d)
        self.head = nn.Linear(d, HORIZON)

    def forward(self, x, calendar):
        revin = Revin(x)
        tokens = [revin.there(x)] + ([] if calendar is None else [calendar])
        y = drop(self.embedding(torch.cat(tokens, 1)))
        for layer in self.layers:
            y = layer(y)
        y = self.norm(y)
        return revin.back(self.head(y)[:, :CHANNELS]), y[:, :CHANNELS]


class PatchTransformer(nn.Module):
    def __init__(self, d=16, layers=2, heads=4, units=20):
        super().__init__()
        self.embedding = nn.Linear(16, d, bias=False)
        self.layers = nn.ModuleList(Layer(d, heads, units) for _ in range(layers))
        self.norm = nn.BatchNorm1d(d)
        patches = (LOOKBACK + 8 - 16) // 8 + 1
        self.head = nn.Linear(patches * d, HORIZON)
        t, i = torch.arange(patches)[:, None], torch.arange(0, d, 2)
        angles = t * torch.exp(i * (-math.log(10000) / d))
        self.places = torch.stack([angles.sin(), angles.cos()], -1).flatten(1)

    def forward(self, x, _):
        revin = Revin(x)
        y = F.pad(revin.there(x), (0, 8), mode="replicate").unfold(-1, 16, 8)
        y = drop(self.embedding(y.flatten(0, 1)) + self.places)
        for layer in self.layers:
            y = layer(y)
        y = self.norm(y.transpose(1, 2)).transpose(1, 2).reshape(BATCH, CHANNELS, -1)
        return revin.back(drop(self.head(y))), y


class Normed(nn.Conv1d):
    def __init__(self, inputs, outputs, k, **options):
        super().__init__(inputs, outputs, k, **options)
        self.norm = nn.BatchNorm1d(outputs)

    def forward(self, x):
        return self.norm(super().forward(x))


class Maps(nn.Module):
    def __init__(self, units, ratio, groups):
        super().__init__()
        self.first = nn.Conv1d(units, ratio * units, 1, groups=groups)
        self.second = nn.Conv1d(ratio * units, units, 1, groups=groups)

    def forward(self, x):
        return drop(self.second(F.gelu(drop(self.first(x)))))


class Block(nn.Module):
    def __init__(self, d, ratio):
        super().__init__()
        n = CHANNELS * d
        self.large = Normed(n, n, 51, padding=25, groups=n, bias=False)
        self.small = Normed(n, n, 5, padding=2, groups=n, bias=False)
        self.norm = nn.BatchNorm1d(d)
        self.within, self.across = Maps(n, ratio, CHANNELS), Maps(n, ratio, d)

    def forward(self, x):  # (batch, channels, d, places)
        shape = x.shape
        y = x.flatten(1, 2)
        y = self.norm((self.large(y) + self.small(y)).reshape(-1, *shape[2:])).reshape(shape)
        y = self.within(y.flatten(1, 2)).reshape(shape).transpose(1, 2)
        y = self.across(y.flatten(1, 2)).reshape(y.shape).transpose(1, 2)
        return x + y


class ModernTCN(nn.Module):
    def __init__(self, d=8, ratio=2, blocks=2):
        super().__init__()
        self.stem = Normed(1, d, 8, stride=4)
        self.blocks = nn.ModuleList(Block(d, ratio) for _ in range(blocks))
        self.head = nn.Linear(d * (LOOKBACK // 4), HORIZON)

    def forward(self, x, _):
        revin = Revin(x)
        y = self.stem(F.pad(revin.there(x), (0, 4), mode="replicate").reshape(-1, 1, LOOKBACK + 4))
        y = y.reshape(BATCH, CHANNELS, *y.shape[1:])
        for block in self.blocks:
            y = block(y)
        y = y.flatten(2)
        return revin.back(self.head(y)), y


models = {}
for name, model, calendar in [
    ("itransformer", InvertedTransformer(), marks), ("itransformer-unmarked", InvertedTransformer(), None),
    ("patchtst", PatchTransformer(), None), ("modern-tcn", ModernTCN(), None),
]:
    with torch.no_grad():
        for key, tensor in model.state_dict().items():
            if tensor.is_floating_point():
                tensor.copy_(numbers(key, tensor.shape))
    used = model.eval()(rows, calendar)
    trained = model.train()(rows, calendar)
    (trained[0].square().sum() + trained[1].square().sum()).backward()
    drop.start(0.25, 7)
    dropped = model(rows, calendar)
    drop.start(0, 0)
    models[name] = {
        "output": array(used[0]), "feature": array(used[1]),
        "training_output": array(trained[0]), "training_feature": array(trained[1]),
        "dropped_output": array(dropped[0]), "dropped_feature": array(dropped[1]),
        "gradients": {k: array(p.grad) for k, p in model.named_parameters() if p.numel() <= 100},
    }

out = pathlib.Path(__file__).parents[2] / "Tests/Golden/forecast-teachers.json"
out.write_text(json.dumps({"rows": array(rows), "marks": array(marks), "models": models}, separators=(",", ":")) + "\n")
