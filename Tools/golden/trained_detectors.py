#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/Golden/trained-detectors.json: detectors trained by gradients, by PyTorch in float64.

For each of them its configuration, first weights, the parts of all windows with these, and the weights after two epochs of one
batch, the rate 0.01, and weight decay 1e-5 in Adam. `cae-m` has a loss with given noise and the gradients of its biases
instead of epochs; its weights are those of `spread`. Linear maps, LSTMs and convolutions are those of PyTorch.
"""
import json, pathlib
import torch, torch.nn.functional as F

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
CHANNELS, WINDOW, RATE, EPOCHS = 4, 3, 0.01, 2
short = lambda x: (x * 256).round() / 256
array = lambda x: {"shape": list(x.shape), "values": [float(f"{v:.9g}") for v in x.detach().flatten().tolist()]}
spread = lambda shape, bound: bound * (
    torch.tensor([(k * k * 7919 + k * 31) % 10007 for k in range(torch.Size(shape).numel())]).double().view(shape) / 5003 - 1)
rows = short(0.5 + 0.4 * torch.sin(torch.arange(24.0)[:, None] * torch.tensor([0.5, 0.9, 1.3, 0])) + 0.05 * torch.randn(24, CHANNELS))
rows[:, -1] = 0  # weights of what is always 0 have no gradient but the decay


def windows(length):
    places = torch.arange(len(rows))[:, None] - length + 1 + torch.arange(length)
    return rows[places.clamp(min=0)].flatten(1)


def perceptron(name, sizes):
    """Weights whose scale keeps the signal's."""
    result = {}
    for i, (n, m) in enumerate(zip(sizes, sizes[1:])):
        result[f"{name}.{i}.weight"] = short(torch.randn(m, n) * (2 / n) ** 0.5)
        result[f"{name}.{i}.bias"] = short(0.2 * torch.randn(m).abs())
    return result


def run(weights, name, x, activation, width=1.0):
    keep = None
    for i in range(3):
        w, b = weights[f"{name}.{i}.weight"], weights[f"{name}.{i}.bias"]
        units = -int(-width * len(b) // 1) if i < 2 else len(b)
        x = F.linear(activation(x) if i else x, w[:units, :keep], b[:units])
        keep = units
    return x


def adam(weights, prefixes):
    return torch.optim.Adam([w for n, w in weights.items() if n.startswith(prefixes)], RATE, weight_decay=1e-5)


def step(optimiser, weights, loss):
    for w in weights.values():
        w.grad = None
    loss.backward()
    optimiser.step()


def newest(found, x):
    return (found[:, -CHANNELS:] - x[:, -CHANNELS:]).square()


def usad(weights, train):
    x = windows(WINDOW)
    code = lambda x: torch.relu(run(weights, "encoder", x, torch.relu))
    ae = lambda name, x: torch.sigmoid(run(weights, name, code(x), torch.relu))
    if train:
        one, two = adam(weights, ("encoder", "first")), adam(weights, ("encoder", "second"))
        for e in range(1, EPOCHS + 1):
            made = ae("first", x)
            step(one, weights, F.mse_loss(made, x) / e + (1 - 1 / e) * F.mse_loss(ae("second", made), x))
            step(two, weights, F.mse_loss(ae("second", x), x) / e
                 - (1 - 1 / e) * F.mse_loss(ae("second", ae("first", x)), x))
    made = ae("first", x)
    return 0.1 * newest(made, x) + 0.9 * newest(ae("second", made), x)


def gan(widths, scored):
    def both(weights, train):
        x, leaky = windows(WINDOW), lambda x: F.leaky_relu(x, 0.2)
        made = lambda width: torch.sigmoid(run(weights, "generator", x, leaky, width))
        judged = lambda x, width: torch.sigmoid(run(weights, "discriminator", x, leaky, width))
        bce = lambda p, y: F.binary_cross_entropy(p, torch.full_like(p, y))
        if train:
            maker, judge = adam(weights, "generator"), adam(weights, "discriminator")
            for _ in range(EPOCHS):
                step(judge, weights, sum(bce(judged(x, w), 0.9) + bce(judged(made(w).detach(), w), 0.1) for w in widths))
                step(maker, weights, sum(bce(judged(made(w), w), 0.9) + F.mse_loss(made(w), x) for w in widths))
        return newest(made(scored), x)
    return both


def lstm(weights, train):
    x, hidden = windows(WINDOW), 4
    layers = {n: torch.nn.LSTM(m, hidden, batch_first=True) for n, m in (("encoder", CHANNELS), ("decoder", hidden))}

    def made():
        def states(name, x):
            own = {n.split(".")[1]: w for n, w in weights.items() if n.startswith(name)}
            return torch.func.functional_call(layers[name], own, (x,))[0]
        last = states("encoder", x.view(-1, WINDOW, CHANNELS))[:, -1:]
        return F.linear(states("decoder", last.expand(-1, WINDOW, -1)), weights["head.weight"], weights["head.bias"]).flatten(1)
    if train:
        optimiser = adam(weights, "")
        for _ in range(EPOCHS):
            for w in weights.values():
                w.grad = None
            F.mse_loss(made(), x).backward()
            torch.nn.utils.clip_grad_norm_(list(weights.values()), 0.3)
            optimiser.step()
    return newest(made(), x)


def caem(weights):
    x = windows(CHANNELS)
    y = x.view(-1, 1, CHANNELS, CHANNELS)
    for i in range(6):
        w, b = weights[f"{i}.weight"], weights[f"{i}.bias"]
        y = (F.conv2d if i < 3 else F.conv_transpose2d)(F.leaky_relu(y, 0.2) if i else y, w, b, padding=1)
        if i == 2:
            codes = y.mean((2, 3))
    found = torch.sigmoid(y).flatten(1)
    kernel = lambda a, b: torch.exp(-torch.cdist(a, b).square() / 128).mean()
    noise = short(torch.randn(len(x), 64, generator=torch.Generator().manual_seed(3)))
    loss = F.mse_loss(found, x) + 1e-4 * (kernel(codes, codes) + kernel(noise, noise) - 2 * kernel(codes, noise))
    return newest(found, x), noise, loss


size, hidden = WINDOW * CHANNELS, 6
layer = lambda n, m, h: {f"{n}.weight_ih_l0": short(torch.randn(4 * h, m) / m ** 0.5),
                         f"{n}.weight_hh_l0": short(torch.randn(4 * h, h) / h ** 0.5),
                         f"{n}.bias_ih_l0": short(0.1 * torch.randn(4 * h)), f"{n}.bias_hh_l0": short(0.1 * torch.randn(4 * h))}
halves = lambda: perceptron("generator", (size, hidden, hidden, size)) | perceptron("discriminator", (size, hidden, hidden, 1))
cases = {
    "usad": (usad, perceptron("encoder", (size, hidden, hidden, 5)) | perceptron("first", (5, hidden, hidden, size))
             | perceptron("second", (5, hidden, hidden, size))),
    "mad-gan": (gan([1.0], 1.0), halves()),
    "slimgan": (gan([0.25, 0.5, 1.0], 0.5), halves()),
    "lstm-ae": (lstm, layer("encoder", CHANNELS, 4) | layer("decoder", 4, 4)
                | {"head.weight": short(torch.randn(CHANNELS, 4)), "head.bias": short(torch.randn(CHANNELS))}),
}
result = {"rows": array(rows), "detectors": {}}
for name, (detector, weights) in cases.items():
    first = {n: array(w) for n, w in weights.items()}
    parts = array(detector(weights, False))
    for w in weights.values():
        w.requires_grad_()
    trained = detector(weights, True)
    result["detectors"][name] = dict(weights=first, parts=parts, trained={n: array(w) for n, w in weights.items()},
                                     trainedParts=array(trained))
weights = {}
for i, (n, m) in enumerate(((1, 16), (16, 32), (32, 64), (64, 32), (32, 16), (16, 1))):
    weights[f"{i}.weight"] = spread((m, n, 3, 3) if i < 3 else (n, m, 3, 3), (6 / (9 * n)) ** 0.5)
    weights[f"{i}.bias"] = spread((m,), 0.2)
for w in weights.values():
    w.requires_grad_()
parts, noise, loss = caem(weights)
slopes = torch.autograd.grad(loss, list(weights.values()))
result["cae-m"] = dict(parts=array(parts), noise=array(noise), loss=loss.item(),
                       biasGradients={n: array(g) for n, g in zip(weights, slopes) if n.endswith("bias")})
root = pathlib.Path(__file__).resolve().parents[2]
with open(root / "Tests/Golden/trained-detectors.json", "w") as file:
    json.dump(result, file, separators=(",", ":"))
