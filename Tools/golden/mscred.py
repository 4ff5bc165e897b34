#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/Golden/mscred.json: small MSCREDs and long-term accumulators by PyTorch in float64 (methods, gon 3).

Weights and inputs are not stored: they follow the rule `numbers`, by name. For each network its output, Ĥ of each level, and the gradients of
the sum of squares of all of these by every parameter and by the input. For each accumulator β after some rows and the state after some
others, from a state that is not zero. For each target of an LTA-MSCRED its loss and the gradients of that by the accumulator's weights.
"""
import json, math, pathlib
import torch, torch.nn.functional as F

torch.set_default_dtype(torch.float64)
array = lambda x: {"shape": list(x.shape), "values": [float(f"{v:.11g}") for v in x.detach().flatten().tolist()]}


def numbers(name, *shape):
    k = torch.arange(math.prod(shape)) + sum((i + 1) * b for i, b in enumerate(name.encode())) % 10007
    v = ((k * k * 7919 + k * 31) % 10007).double() / 5003 - 1
    return (v / math.sqrt(math.prod(shape[1:])) if len(shape) > 1 else 0.3 * v).view(shape)


class Network:
    """Kernels, SELU and attention as methods, gon 3.1, but the last layer linear and no peepholes."""

    def __init__(self, widths, separable=False, recurs=True):
        self.widths, self.recurs, self.weights = widths, recurs, {}
        for l, w in enumerate(widths):
            above, k = ([3] + widths)[l], 3 if l < 2 else 2
            self.add(f"encoder.{l}.weight", w, above, k, k)
            self.add(f"encoder.{l}.bias", w)
            if separable:
                self.add(f"memory.{l}.depthwise", 2 * w, 1, 3, 3)
            self.add(f"memory.{l}.kernel", 4 * w, 2 * w, *([1, 1] if separable else [3, 3]))
            self.add(f"memory.{l}.bias", 4 * w)
            place = len(widths) - 1 - l
            self.add(f"decoder.{place}.weight", w if place == 0 else 2 * w, above, k, k)
            self.add(f"decoder.{place}.bias", above)

    def add(self, name, *shape):
        self.weights[name] = numbers(name, *shape).requires_grad_()

    def cell(self, level, x, state):
        """PyTorch's gates i f g o."""
        p, h = self.weights, self.widths[level]
        hidden, cell = state
        depthwise = p.get(f"memory.{level}.depthwise")
        if depthwise is not None:
            x = F.conv2d(x, depthwise[:h], padding=1, groups=h)
            hidden = F.conv2d(hidden, depthwise[h:], padding=1, groups=h)
        kernel = p[f"memory.{level}.kernel"]
        i, f, g, o = F.conv2d(torch.cat([x, hidden], 1), kernel, p[f"memory.{level}.bias"], padding=kernel.shape[-1] // 2).chunk(4, 1)
        cell = f.sigmoid() * cell + i.sigmoid() * g.tanh()
        return o.sigmoid() * cell.tanh(), cell

    def attended(self, level, codes):
        """Codes (count, 5, width, height, width) to (count, width, height, width)."""
        count = codes.shape[0]
        if self.recurs:
            zero = torch.zeros_like(codes[:, 0])
            state, all = (zero, zero), []
            for step in range(5):
                state = self.cell(level, codes[:, step], state)
                all.append(state[0])
        else:  # the steps taken for cases, five times over
            x = codes.flatten(0, 1)
            state = (torch.zeros_like(x), torch.zeros_like(x))
            for _ in range(5):
                state = self.cell(level, x, state)
            all = state[0].view(codes.shape).unbind(1)
        e = torch.stack([(all[-1] * h).flatten(1).sum(1) / 5 for h in all], 1)
        alpha = F.softmax(e, 1)
        return sum(alpha[:, i].view(count, 1, 1, 1) * h for i, h in enumerate(all))

    def __call__(self, samples):
        p, count = self.weights, samples.shape[0]
        image, extents, maps = samples.flatten(0, 1), [], []
        for l in range(len(self.widths)):
            extents.append(image.shape[-1])
            w, b = p[f"encoder.{l}.weight"], p[f"encoder.{l}.bias"]
            if l >= 2 and image.shape[-1] % 2:
                image = F.pad(image, (0, 1, 0, 1))
            image = F.selu(F.conv2d(image, w, b, stride=2 if l else 1, padding=1 if l < 2 else 0))
            maps.append(self.attended(l, image.unflatten(0, (count, 5))))
        image = maps[-1]
        for place, l in enumerate(reversed(range(len(self.widths)))):
            if place:
                image = torch.cat([F.selu(image), maps[l]], 1)
            w, b = p[f"decoder.{place}.weight"], p[f"decoder.{place}.bias"]
            stride, padding = 2 if l else 1, 1 if l < 2 else 0
            natural = (image.shape[-1] - 1) * stride - 2 * padding + w.shape[-1]
            image = F.conv_transpose2d(image, w, b, stride, padding, output_padding=max(0, extents[l] - natural))
            image = image[:, :, :extents[l], :extents[l]]
        return image, maps


def network(count, n, **options):
    samples = numbers("samples", count, 5, 3, n * n).view(count, 5, 3, n, n).mul(16 * n).requires_grad_()
    net = Network(**options)
    output, maps = net(samples)
    loss = output.square().sum() + sum(m.square().sum() for m in maps)
    slopes = torch.autograd.grad(loss, [samples] + list(net.weights.values()))
    return dict(output=array(output), attended=[array(m) for m in maps], input=array(slopes[0]),
                gradients={name: array(g) for name, g in zip(net.weights, slopes[1:])})


class Accumulator:
    def __init__(self, kind, form, n, prefix=""):
        self.form, self.n = form, n
        units = n if form == "history" else 10
        self.cell = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[kind](
            1 if form == "shared" else n, units, batch_first=True)
        self.weights = {m: numbers(prefix + m, *getattr(self.cell, m + "_l0").shape).requires_grad_()
                        for m in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
        if form == "projected":
            self.projection = numbers(prefix + "projection", n, 10)

    def states(self, x, start):
        weights = {m + "_l0": w for m, w in self.weights.items()}
        return torch.func.functional_call(self.cell, weights, (x, start))

    def __call__(self, rows, start, counts):
        """β (streams, counts, n, n) of rows (streams, time, n)."""
        streams = rows.shape[0]
        x = rows.transpose(1, 2).reshape(-1, rows.shape[1], 1) if self.form == "shared" else rows
        hidden = self.states(x, start)[0]
        found = []
        for count in counts:
            if self.form == "shared":
                L = hidden[:, count - 1].view(streams, self.n, 10)
            elif self.form == "history":
                L = hidden[:, count - 10:count].transpose(1, 2)
            else:
                L = math.sqrt(10) * (hidden[:, count - 1] @ self.projection.T)[:, :, None]
            found.append(L @ L.transpose(1, 2) / 10)
        return torch.stack(found, 1), x


def accumulator(kind, form, streams=2, time=14, n=3, counts=(10, 11, 14), carry=12):
    memory = Accumulator(kind, form, n)
    units, cases = memory.cell.hidden_size, streams * n if form == "shared" else streams
    start = tuple(numbers(name, cases, units)[None] for name in ("hidden", "cell"))
    start = start if kind == "lstm" else start[0]
    rows = numbers("rows", streams * time * n).view(streams, time, n) * 3
    matrices, x = memory(rows, start, counts)
    end = memory.states(x[:, :carry], start)[1]
    hidden, cell = end if kind == "lstm" else (end, None)
    return dict(matrices=array(matrices), hidden=array(hidden[0])) | ({"cell": array(cell[0])} if kind == "lstm" else {})


def training(target, n=3):
    """Segments of 1, 3 and 6 rows, a gap of 1, and a memory that goes back 14 rows."""
    net, memory = Network([2]), Accumulator("gru", "shared", n, prefix="memory.")
    net.weights = {name: numbers("network." + name, *w.shape) for name, w in net.weights.items()}
    rows = numbers("rows", 2 * 14 * n).view(2, 14, n) * 3
    ends = [10, 11, 12, 13, 14]
    matrices = torch.stack([torch.stack([torch.einsum("bti,btj->bij", rows[:, e - w:e], rows[:, e - w:e]) / w
                                         for w in (1, 3, 6)], 1) for e in ends], 1)
    beta = memory(rows, None, ends)[0]
    samples = matrices + beta[:, :, None]
    goal = {"detached": samples[:, -1].detach(), "gradient": samples[:, -1], "matrices": matrices[:, -1]}[target]
    loss = F.mse_loss(net(samples)[0], goal)
    slopes = torch.autograd.grad(loss, list(memory.weights.values()))
    return dict(loss=loss.item(), gradients={"memory." + name: array(g) for name, g in zip(memory.weights, slopes)})


result = dict(
    networks={
        "odd": network(2, 5, widths=[2, 3]),
        "deep": network(1, 6, widths=[2, 3, 4, 5]),
        "separable": network(1, 5, widths=[2, 3], separable=True),
        "repeating": network(2, 5, widths=[2, 3], recurs=False),
    },
    accumulators={f"{kind} {form}": accumulator(kind, form)
                  for kind in ("rnn", "lstm", "gru") for form in ("shared", "history", "projected")},
    training={target: training(target) for target in ("detached", "gradient", "matrices")})
root = pathlib.Path(__file__).resolve().parents[2]
with open(root / "Tests/Golden/mscred.json", "w") as file:
    json.dump(result, file, separators=(",", ":"))
