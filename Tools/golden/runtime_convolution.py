#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/Golden/runtime-convolution.json: what the runtime's operations over time give, by PyTorch in float64.

Convolutions are conv1d with zeros before the first step alone; the minimal gated unit is written with PyTorch's products
and functions, as its GRU is but for r and z, which are one gate; the mean is of all steps so far.
"""
import json
import pathlib
import zlib

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
STEPS = 12


def short(*shape):
    """Multiples of 1/256, exact in float32."""
    return (torch.randn(shape) * 128).round() / 256


def numbers(tensor):
    return [float(f"{value:.10g}") for value in tensor.flatten().tolist()]


def convolution(inputs, outputs, taps, dilation, depthwise=False, bias=True):
    torch.manual_seed(zlib.crc32(repr((inputs, outputs, taps, dilation, depthwise)).encode()))
    groups = inputs if depthwise else 1
    x, weight = short(STEPS, inputs), short(outputs, inputs // groups, taps)
    offset = short(outputs) if bias else None
    padded = F.pad(x.T[None], ((taps - 1) * dilation, 0))
    y = F.conv1d(padded, weight, offset, dilation=dilation, groups=groups)[0].T
    return dict(inputs=inputs, outputs=outputs, taps=taps, dilation=dilation, depthwise=depthwise, x=numbers(x),
                weight=numbers(weight), bias=[] if offset is None else numbers(offset), y=numbers(y))


def minimal_gated_unit(inputs, units):
    torch.manual_seed(inputs + units)
    x, w, u, b, c = short(STEPS, inputs), short(2 * units, inputs), short(2 * units, units), short(2 * units), short(units)
    h, y = torch.zeros(units), []
    for step in x:
        of_input, of_state = F.linear(step, w, b), F.linear(h, u, torch.cat([torch.zeros(units), c]))
        gate = torch.sigmoid(of_input[:units] + of_state[:units])
        h = (1 - gate) * h + gate * torch.tanh(of_input[units:] + gate * of_state[units:])
        y.append(h)
    return dict(inputs=inputs, units=units, x=numbers(x), w=numbers(w), u=numbers(u), b=numbers(b), c=numbers(c),
                y=numbers(torch.stack(y)))


def mean(channels):
    torch.manual_seed(channels)
    x = short(STEPS, channels)
    return dict(channels=channels, x=numbers(x), y=numbers(x.cumsum(0) / torch.arange(1, STEPS + 1)[:, None]))


golden = dict(
    convolutions=[convolution(1, 4, 3, 1), convolution(3, 5, 3, 2), convolution(8, 9, 2, 4, bias=False),
                  convolution(2, 3, 1, 1), convolution(2, 2, 5, 3), convolution(6, 6, 3, 2, depthwise=True),
                  convolution(5, 5, 4, 1, depthwise=True, bias=False)],
    units=[minimal_gated_unit(3, 4), minimal_gated_unit(1, 9)],
    means=[mean(3)],
)
path = pathlib.Path(__file__).parents[2] / "Tests/Golden/runtime-convolution.json"
path.write_text(json.dumps(golden) + "\n")
