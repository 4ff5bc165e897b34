#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/Golden/operations.json: inputs, outputs and gradients of every operation, by PyTorch in float64,
and Tests/Golden/straight-through.json: the same of the operations that have the gradient of a surrogate.

The gradients are of sum(output * cotangent) for the cotangents given.
"""
import json, pathlib, zlib
import torch, torch.nn.functional as F

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
cases, straight = {}, {}


def short(tensor):
    """Rounded to 1/256: exact in both types, and few digits in the file."""
    return (tensor * 256).round() / 256


def numbers(tensor):
    return [float(f"{value:.14g}") for value in tensor.detach().flatten().tolist()]


def case(name, shapes, function, make=None, floor=None, into=cases):
    torch.manual_seed(zlib.crc32(name.encode()))
    inputs = [short(make[i](s) if make and make[i] else torch.randn(s)) for i, s in enumerate(shapes)]
    if floor is not None:
        inputs = [x.abs() + floor for x in inputs]
    inputs = [x.requires_grad_() for x in inputs]
    outputs = function(*inputs)
    outputs = list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]
    cotangents = [short(torch.randn(o.shape)) for o in outputs]
    total = sum((o * c).sum() for o, c in zip(outputs, cotangents))
    gradients = torch.autograd.grad(total, inputs, allow_unused=True, materialize_grads=True)
    into[name] = {key: [{"shape": list(t.shape), "values": numbers(t)} for t in group]
                  for key, group in dict(inputs=inputs, outputs=outputs, cotangents=cotangents,
                                         gradients=gradients).items()}


unary = dict(negate=torch.neg, exp=torch.exp, tanh=torch.tanh, sigmoid=torch.sigmoid, relu=torch.relu,
             leakyRelu=lambda x: F.leaky_relu(x, 0.2), gelu=F.gelu, selu=F.selu, softplus=F.softplus, absolute=torch.abs,
             clamp=lambda x: x.clamp(-0.5, 0.7), squared=torch.square)
for name, f in unary.items():
    case(name, [(3, 37)], lambda x, f=f: f(3 * x) if f is not torch.exp else f(x))
    case(name + "Empty", [(0, 4)], lambda x, f=f: f(3 * x) if f is not torch.exp else f(x))
case("log", [(3, 37)], torch.log, floor=0.05)
case("squareRoot", [(3, 37)], torch.sqrt, floor=0.05)

binary = dict(add=torch.add, subtract=torch.sub, multiply=torch.mul, divide=torch.div, maximum=torch.maximum)
for name, f in binary.items():
    away = [None, lambda s: torch.randn(s).sign() * (torch.rand(s) + 0.5)]
    case(name, [(4, 19), (4, 19)], f, away)
    case(name + "Scalar", [(4, 5), ()], f, away)
    case(name + "Row", [(2, 3, 5), (5,)], f, away)
    case(name + "Column", [(2, 3, 5), (3, 1)], f, away)
    case(name + "Both", [(4, 1, 3), (1, 2, 1)], f, away)
    case(name + "Middle", [(2, 1, 3), (2, 4, 3)], f, away)
    case(name + "Empty", [(0, 3), (1, 3)], f, away)

case("product", [(5, 7), (7, 3)], torch.matmul)
case("productLarge", [(65, 40), (40, 33)], torch.matmul)
case("productOne", [(1, 1), (1, 1)], torch.matmul)
case("productEmpty", [(3, 0), (0, 2)], torch.matmul)
case("productLeft", [(7, 5), (7, 3)], lambda a, b: a.T @ b)
case("productRight", [(5, 7), (3, 7)], lambda a, b: a @ b.T)
case("productBoth", [(7, 5), (3, 7)], lambda a, b: a.T @ b.T)
case("productBatch", [(2, 3, 4, 5), (2, 3, 5, 6)], torch.matmul)
case("productBatchBroadcast", [(2, 1, 4, 5), (3, 5, 6)], torch.matmul)
case("productBatchShared", [(2, 3, 4, 5), (5, 6)], torch.matmul)
case("productBatchTransposed", [(3, 5, 4), (3, 6, 5)], lambda a, b: a.mT @ b.mT)
case("linear", [(4, 3, 7), (5, 7), (5,)], F.linear)

case("reshape", [(2, 6)], lambda x: x.reshape(3, 4))
case("permute", [(2, 3, 4, 5)], lambda x: x.permute(2, 0, 3, 1))
case("transpose", [(3, 17, 21)], lambda x: x.mT)
case("slice", [(3, 7, 2)], lambda x: x[:, 2:5])
case("sliceNothing", [(3, 7)], lambda x: x[:, 2:2])
case("concatenate", [(2, 3, 2), (2, 1, 2), (2, 0, 2)], lambda *x: torch.cat(x, 1))
case("gather", [(3, 4, 2)], lambda x: x[:, [3, 0, 3]])
case("gatherSteps", [(3, 4, 2)], lambda x: x[[0, 1, 2], [3, 0, 2]])
case("padZero", [(2, 3, 2)], lambda x: F.pad(x, (0, 0, 2, 1)))
case("padReplicate", [(2, 3, 4)], lambda x: F.pad(x, (3, 2), mode="replicate"))

for name, f in dict(sum=torch.sum, mean=torch.mean, max=torch.amax).items():
    case(name, [(3, 4, 5)], lambda x, f=f: f(x) if f is not torch.amax else f(x, (0, 1, 2)))
    case(name + "Last", [(3, 4, 33)], lambda x, f=f: f(x, -1))
    case(name + "Middle", [(3, 4, 5)], lambda x, f=f: f(x, 1, keepdim=True))
    case(name + "Outer", [(3, 4, 5)], lambda x, f=f: f(x, (0, 2)))
case("sumEmpty", [(0, 4)], lambda x: x.sum(0))
case("logSumExp", [(3, 21)], lambda x: torch.logsumexp(5 * x, -1))
case("logSumExpFirst", [(4, 3)], lambda x: torch.logsumexp(x, 0, keepdim=True))
case("softmax", [(3, 21)], lambda x: (4 * x).softmax(-1))
case("softmaxFirst", [(4, 3, 2)], lambda x: x.softmax(0))
case("softmaxEmpty", [(0, 3)], lambda x: x.softmax(-1))
case("logSoftmax", [(3, 21)], lambda x: (4 * x).log_softmax(-1))
case("logSoftmaxMiddle", [(2, 4, 3)], lambda x: x.log_softmax(1))

case("meanSquaredError", [(4, 3), (4, 3)], F.mse_loss)
case("smoothL1", [(4, 9), (4, 9)], lambda a, b: F.smooth_l1_loss(a, b, beta=0.7))
case("crossEntropyLabels", [(4, 3)], lambda x: F.cross_entropy(x, torch.tensor([2, 0, 1, 2])))
case("crossEntropyProbabilities", [(4, 3)], lambda x: F.cross_entropy(
    x, torch.tensor([[.5, .25, .25], [0, 1, 0], [.125, .125, .75], [1, 0, 0.]])))
case("layerNorm", [(3, 4, 37), (37,), (37,)], lambda x, w, b: F.layer_norm(x, (37,), w, b))
case("layerNormOne", [(3, 1), (1,), (1,)], lambda x, w, b: F.layer_norm(x, (1,), w, b))
case("batchNorm", [(6, 5), (5,), (5,)], lambda x, w, b: F.batch_norm(x, None, None, w, b, True))
case("batchNormChannels", [(4, 3, 7), (3,), (3,)], lambda x, w, b: F.batch_norm(x, None, None, w, b, True))
case("batchNormFixed", [(6, 3), (3,), (3,)], lambda x, w, b: F.batch_norm(
    x, torch.tensor([.5, -.25, 1.]), torch.tensor([1., 2., .5]), w, b, False))


def minimal_gated_unit(x, w_ih, w_hh, b_ih, b_hh, h0, lengths):
    batch, steps, _ = x.shape
    h = torch.zeros(batch, w_hh.shape[1]) if h0 is None else h0
    lengths, out = torch.tensor(lengths or [steps] * batch), []
    for t in range(steps):
        (a_f, a_n), (r_f, r_n) = F.linear(x[:, t], w_ih, b_ih).chunk(2, 1), F.linear(h, w_hh, b_hh).chunk(2, 1)
        f = torch.sigmoid(a_f + r_f)
        valid = (t < lengths)[:, None]
        h = torch.where(valid, (1 - f) * h + f * torch.tanh(a_n + f * r_n), h)
        out.append(h * valid)
    return torch.stack(out, 1), h


def recurrent(kind, batch, steps, inputs, hidden, lengths=None, initial=False):
    gates = dict(rnn=1, lstm=4, gru=3, mgu=2)[kind]
    shapes = [(batch, steps, inputs), (gates * hidden, inputs), (gates * hidden, hidden), (gates * hidden,),
              (gates * hidden,)]
    if initial:
        shapes += [(batch, hidden)] * (2 if kind == "lstm" else 1)

    def run(x, w_ih, w_hh, b_ih, b_hh, h0=None, c0=None):
        if kind == "mgu":
            return minimal_gated_unit(x, w_ih, w_hh, b_ih, b_hh, h0, lengths)
        net = dict(rnn=torch.nn.RNN, lstm=torch.nn.LSTM, gru=torch.nn.GRU)[kind](inputs, hidden, batch_first=True)
        weights = dict(weight_ih_l0=w_ih, weight_hh_l0=w_hh, bias_ih_l0=b_ih, bias_hh_l0=b_hh)
        state = None if h0 is None else (h0[None] if c0 is None else (h0[None], c0[None]))
        packed = x
        if lengths:
            packed = torch.nn.utils.rnn.pack_padded_sequence(x, torch.tensor(lengths), True, enforce_sorted=False)
        out, last = torch.func.functional_call(net, weights, (packed, state))
        if lengths:
            out, _ = torch.nn.utils.rnn.pad_packed_sequence(out, True, total_length=steps)
        last = last if isinstance(last, tuple) else (last,)
        return (out, *[s[0] for s in last])

    return shapes, run


for kind in ("rnn", "lstm", "gru", "mgu"):
    small = [None] + [lambda s: 0.5 * torch.randn(s)] * 6
    for label, options in {
        "": dict(batch=3, steps=5, inputs=2, hidden=4),
        "Wide": dict(batch=17, steps=3, inputs=1, hidden=17),
        "Initial": dict(batch=2, steps=4, inputs=3, hidden=5, initial=True),
        "Padded": dict(batch=4, steps=6, inputs=2, hidden=3, lengths=[6, 1, 4, 3], initial=True),
        "OneStep": dict(batch=1, steps=1, inputs=1, hidden=1),
    }.items():
        shapes, run = recurrent(kind, **options)
        case(kind + label, shapes, run, small)


def windows(x, window, stride=None):
    """Along the last axis; works for no rows too."""
    return x.unfold(-1, window, stride or window)


def pool(f1, f2, window, stride=None):
    """PyTorch's pooling for an input of any rank."""
    def run(x):
        f, spatial = (f1, 1) if len(window) == 1 else (f2, 2)
        flat = x.reshape(-1, 1, *x.shape[x.dim() - spatial:])
        out = f(flat, window, stride or window)
        return out.reshape(*x.shape[:x.dim() - spatial], *out.shape[2:])
    return run


def moving_average(x, window, axis):
    x = x.movedim(axis, -1)
    front = (window - 1) // 2
    ends = [x[..., :1].expand(*x.shape[:-1], front), x, x[..., -1:].expand(*x.shape[:-1], window - 1 - front)]
    return windows(torch.cat(ends, -1), window, 1).mean(-1).movedim(-1, axis)


for name, one, two, empty in [
        ("averagePool", F.avg_pool1d, F.avg_pool2d, lambda w: w.mean(-1)),
        ("maxPool", F.max_pool1d, F.max_pool2d, lambda w: w.max(-1).values)]:
    case(name, [(3, 12)], pool(one, two, [2]))
    case(name + "Odd", [(3, 2, 37)], pool(one, two, [2]))
    case(name + "Whole", [(4, 5)], pool(one, two, [5]))
    case(name + "Empty", [(0, 4)], lambda x, f=empty: f(windows(x, 2)))
    case(name + "Batch", [(2, 3, 2, 8)], pool(one, two, [2]))
    case(name + "Overlapping", [(3, 18)], pool(one, two, [4], [3]))
    case(name + "Plane", [(2, 2, 8, 5)], pool(one, two, [3, 2], [2, 1]))
case("averagePoolGaps", [(2, 11)], pool(F.avg_pool1d, None, [1], [3]))

for label, (shape, window, axis) in {
    "": ((3, 17), 5, -1), "Even": ((2, 3, 9), 4, -1), "One": ((3, 5), 1, -1), "Long": ((2, 11), 25, -1),
    "Single": ((4, 1), 3, -1), "Empty": ((0, 4), 3, -1), "Middle": ((2, 13, 3), 3, 1),
}.items():
    case("movingAverage" + label, [shape], lambda x, w=window, a=axis: moving_average(x, w, a))

for label, shape in {"": (3, 16), "Odd": (2, 15), "One": (3, 1), "Two": (3, 2), "Batch": (2, 3, 20),
                     "Empty": (0, 4)}.items():
    case("spectrum" + label, [shape], lambda x: torch.fft.rfft(x).abs())

for label, (shape, axis) in {"": ((3, 19), -1), "First": ((7, 5), 0), "Middle": ((2, 6, 3), 1), "One": ((3, 1), 1),
                             "Empty": ((0, 3), 1), "Nothing": ((2, 0, 3), 1)}.items():
    case("cumulativeSum" + label, [shape], lambda x, a=axis: x.cumsum(a))

for label, shape in {"": (4, 5), "Vector": (7,), "One": (1, 1), "Empty": (0, 3), "Batch": (2, 3, 9)}.items():
    case("outerProducts" + label, [shape], lambda x: x[..., :, None] * x[..., None, :])
for label, shapes in {"": [(4, 5), (4, 3)], "Batch": [(2, 3, 1), (2, 3, 9)], "Empty": [(3, 0), (3, 2)]}.items():
    case("outerProductsWith" + label, shapes, lambda x, y: x[..., :, None] * y[..., None, :])


def through(value, surrogate):
    """The value forwards, the surrogate's gradient backwards."""
    return surrogate + (value - surrogate).detach()


def top_k_mask(scores, k):
    mask = torch.zeros(scores.numel())
    mask[scores.flatten().argsort(descending=True, stable=True)[:k]] = 1
    return through(mask.reshape(scores.shape), scores)


def binarised(weights, mask):
    alpha = (weights.abs() * mask).sum() / mask.sum().clamp(min=1)
    return through(alpha * weights.sign() * mask, weights.detach() * mask)


for label, (shape, k) in {"": ((4, 6), 7), "Odd": ((37,), 12), "None": ((3, 2), 0), "All": ((3, 2), 6),
                          "One": ((1,), 1), "Empty": ((0, 3), 0), "Batch": ((2, 3, 4, 5), 31)}.items():
    case("topKMask" + label, [shape], lambda x, k=k: top_k_mask(x, k), into=straight)
case("topKMaskTies", [(5, 9)], lambda x: top_k_mask(x, 20), [lambda s: torch.randint(-2, 3, s).double()], into=straight)
case("topKMaskMagnitude", [(5, 9)], lambda x: top_k_mask(x.abs(), 20), into=straight)
half = [None, lambda s: torch.randint(0, 2, s).double()]
for label, shape in {"": (5, 7), "Empty": (0, 3), "Batch": (2, 3, 2, 4)}.items():
    case("binarised" + label, [shape, shape], binarised, half, into=straight)
case("binarisedNone", [(2, 3), (2, 3)], binarised, [None, torch.zeros], into=straight)
case("binarisedOne", [(1,), (1,)], binarised, [None, torch.ones], into=straight)
case("binarisedByScores", [(6, 11), (6, 11)], lambda w, s: binarised(w, top_k_mask(s.abs(), 33)), into=straight)
case("layerNormSum", [(3, 4, 37), (3, 4, 37), (37,), (37,)], lambda x, y, w, b: F.layer_norm(x + y, (37,), w, b))
case("layerNormRows", [(3, 4, 5)] * 2 + [(5,)] * 2, lambda x, y, w, b: F.layer_norm(x + y, (5,), w, b) * x)
case("layerNormEmpty", [(0, 4), (4,), (4,)], lambda x, w, b: F.layer_norm(x, (4,), w, b))


def attention(heads, mask=None, scale=None):
    def run(q, k, v):
        q, k, v = (x.unflatten(-1, (heads, -1)).transpose(1, 2) for x in (q, k, v))
        scores = q @ k.mT * (scale or q.shape[-1] ** -0.5)
        if mask is not None:
            scores = scores + (mask if mask.dim() == 2 else mask[:, None])
        hidden = (scores == -torch.inf).all(-1, keepdim=True)
        shares = scores.masked_fill(hidden, 0).softmax(-1).masked_fill(hidden, 0)
        return (shares @ v).transpose(1, 2).flatten(2)
    return run


def masked(*shape, rows=()):
    """-infinity where 3i + j is a multiple of 4, and in whole `rows` of the flattened mask; else (i + 2j) / 8 - 1."""
    j, i = torch.arange(shape[-1]), torch.arange(torch.Size(shape[:-1]).numel())[:, None]
    mask = torch.where((3 * i + j) % 4 == 0, -torch.inf, (i + 2 * j) / 8 - 1)
    mask[list(rows)] = -torch.inf
    return mask.reshape(shape)


for heads in (1, 2, 4):
    case(f"attention{heads}", [(2, 5, 8)] * 3, attention(heads))
case("attentionWide", [(1, 3, 34), (1, 18, 34), (1, 18, 34)], attention(2))
case("attentionLong", [(1, 100, 4), (1, 7, 4), (1, 7, 4)], attention(2, masked(100, 7, rows=[2, 98])))
case("attentionScale", [(2, 3, 6), (2, 4, 6), (2, 4, 6)], attention(2, scale=0.75))
case("attentionMask", [(2, 4, 6), (2, 5, 6), (2, 5, 6)], attention(2, masked(4, 5)))
case("attentionMaskEach", [(2, 4, 6), (2, 5, 6), (2, 5, 6)], attention(3, masked(2, 4, 5, rows=[1, 6])))
case("attentionOne", [(3, 1, 4)] * 3, attention(2))
case("attentionEmpty", [(0, 2, 4), (0, 3, 4), (0, 3, 4)], attention(2))
case("attentionNothing", [(2, 3, 4), (2, 0, 4), (2, 0, 4)], attention(2))
case("attentionPacked", [(2, 5, 18)], lambda x: attention(2, masked(5, 5, rows=[3]))(*x.chunk(3, -1)))
def convolution(name, x, w, bias=True, **options):
    f = F.conv1d if len(x) == 3 else F.conv2d
    case("convolution" + name, [x, w] + [(w[0],)] * bias, lambda x, w, b=None: f(x, w, b, **options))


convolution("", (2, 3, 7, 6), (5, 3, 3, 3))
convolution("Plain", (2, 3, 7, 6), (5, 3, 3, 3), bias=False)
convolution("Padded", (2, 3, 5, 9), (17, 3, 3, 3), padding=1)
convolution("Strided", (2, 3, 9, 11), (6, 3, 3, 3), stride=2, padding=1)
convolution("Uneven", (1, 2, 9, 8), (5, 2, 2, 4), stride=(3, 2), padding=(0, 2))
convolution("Skipping", (2, 2, 8, 7), (5, 2, 1, 2), stride=(2, 3))
convolution("One", (2, 6, 4, 5), (5, 6, 1, 1))
convolution("Wide", (1, 2, 3, 4), (5, 2, 7, 6), padding=(2, 3))
convolution("Grouped", (2, 6, 5, 7), (10, 3, 3, 2), padding=1, groups=2)
convolution("DepthWise", (2, 5, 7, 6), (5, 1, 3, 3), stride=(1, 2), padding=1, groups=5)
convolution("DepthWiseTwice", (2, 3, 6, 6), (6, 1, 2, 3), groups=3)
convolution("Few", (2, 9, 6, 5), (3, 9, 3, 3), padding=1)
convolution("Blocks", (1, 1, 20, 20), (5, 1, 2, 2), padding=1)
convolution("Deep", (1, 44, 2, 3), (5, 44, 3, 3), padding=1)
convolution("Empty", (0, 3, 7, 6), (5, 3, 3, 3))
convolution("Time", (3, 4, 21), (6, 4, 5), stride=2, padding=3)
convolution("TimeLong", (1, 1, 400), (5, 1, 5), padding=2)
convolution("TimeDepthWise", (2, 3, 40), (3, 1, 7), bias=False, padding=3, groups=3)


def causal(name, x, w, bias=True, dilation=1, groups=1):
    left = (w[-1] - 1) * dilation
    case("causalConvolution" + name, [x, w] + [(w[0],)] * bias,
         lambda x, w, b=None: F.conv1d(F.pad(x, (left, 0)), w, b, dilation=dilation, groups=groups))


causal("", (2, 3, 20), (6, 3, 3))
causal("Dilated", (2, 3, 37), (6, 3, 3), dilation=4)
causal("Even", (3, 4, 21), (5, 4, 2), bias=False, dilation=3)
causal("Short", (2, 3, 4), (7, 3, 5), dilation=8)
causal("OneStep", (2, 1, 1), (3, 1, 4), dilation=2)
causal("Long", (1, 2, 300), (5, 2, 3), dilation=64)
causal("DepthWise", (2, 5, 33), (5, 1, 10), bias=False, dilation=4, groups=5)
causal("Grouped", (2, 6, 12), (14, 3, 3), dilation=2, groups=2)
causal("Point", (2, 6, 7), (9, 6, 1))
causal("Empty", (0, 3, 8), (5, 3, 3), dilation=2)


def transposed(name, x, w, crop=None, output_padding=0, **options):
    f = F.conv_transpose1d if len(x) == 3 else F.conv_transpose2d
    cut = (slice(None),) * 2 + tuple(slice(None, n) for n in crop or ())
    case("transposedConvolution" + name, [x, w, (w[1],)],
         lambda x, w, b: f(x, w, b, output_padding=output_padding, **options)[cut])


transposed("", (2, 3, 4, 5), (3, 5, 3, 3))
transposed("Strided", (2, 5, 4, 5), (5, 6, 3, 3), stride=2, padding=1)
transposed("Cropped", (2, 5, 4, 5), (5, 6, 2, 2), crop=(7, 9), stride=2)
transposed("CroppedFew", (1, 6, 4, 5), (6, 3, 3, 3), crop=(7, 10), stride=2)
transposed("Further", (2, 3, 3, 4), (3, 5, 3, 2), output_padding=(1, 1), stride=2, padding=1)
transposed("Sparse", (2, 3, 3, 4), (3, 5, 2, 1), stride=(3, 2))
transposed("Empty", (0, 3, 3, 4), (3, 5, 2, 2), stride=2)
transposed("Time", (2, 4, 9), (4, 5, 4), crop=(20,), stride=2, padding=0)


def convolutional_lstm(x, w, *rest, bias=False, peepholes=False, state=False):
    rest, hidden = list(rest), w.shape[0] // 4
    zero = torch.zeros(x.shape[0], hidden, *x.shape[2:])
    h, c = (rest.pop(0), rest.pop(0)) if state else (zero, zero)
    b = rest.pop(0) if bias else None
    wi, wf, wo = rest.pop(0) if peepholes else (0, 0, 0)
    kh, kw = w.shape[2:]
    both = F.pad(torch.cat([x, h], 1), ((kw - 1) // 2, kw // 2, (kh - 1) // 2, kh // 2))
    i, f, g, o = F.conv2d(both, w, b).chunk(4, 1)
    c2 = torch.sigmoid(f + wf * c) * c + torch.sigmoid(i + wi * c) * torch.tanh(g)
    return torch.sigmoid(o + wo * c2) * torch.tanh(c2), c2


for label, (batch, inputs, hidden, size, kernel, options) in {
    "": (2, 3, 4, (5, 4), (3, 3), dict(state=True, bias=True)),
    "First": (2, 3, 4, (5, 4), (3, 3), dict(bias=True)),
    "Peepholes": (3, 2, 3, (3, 5), (3, 3), dict(state=True, bias=True, peepholes=True)),
    "Even": (1, 2, 2, (4, 5), (2, 4), dict(state=True)),
    "Empty": (0, 2, 2, (4, 5), (3, 3), dict(state=True, peepholes=True)),
}.items():
    shapes = [(batch, inputs, *size), (4 * hidden, inputs + hidden, *kernel)]
    shapes += [(batch, hidden, *size)] * 2 if "state" in options else []
    shapes += [(4 * hidden,)] if "bias" in options else []
    shapes += [(3, hidden, *size)] if "peepholes" in options else []
    case("convolutionalLSTM" + label, shapes, lambda *x, o=options: convolutional_lstm(*x, **o),
         [None, lambda s: 0.5 * torch.randn(s)] + [None] * 4)

root = pathlib.Path(__file__).resolve().parents[2]
for name, group in {"operations": cases, "straight-through": straight}.items():
    with open(root / f"Tests/Golden/{name}.json", "w") as file:
        json.dump(group, file, separators=(",", ":"))
    print(len(group), "cases of", name)
