#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/Golden/distillation.json: distillation losses on small random tensors, with their gradients by all
inputs but the teacher's, by PyTorch in float64, written from the formulas."""
import json, pathlib, zlib
import torch, torch.nn.functional as F

torch.set_default_dtype(torch.float64)
cases = {}
B, T, DS, DT, C = 3, 6, 2, 4, 5
LENGTHS, LABELS = [6, 2, 4], [1, 0, 4]
STATES = [(B, T, DS), (B, T, DT)]
MAP = [(DT, DS), (DT,)]


def case(name, shapes, function):
    """inputs[1] is the teacher's."""
    torch.manual_seed(zlib.crc32(name.encode()))
    inputs = [(torch.randn(s) * 256).round() / 256 for s in shapes]
    student = [x.requires_grad_() for i, x in enumerate(inputs) if i != 1]
    loss = function(*inputs)
    gradients = torch.autograd.grad(loss, student)
    arrays = lambda group: [{"shape": list(t.shape), "values": t.detach().flatten().tolist()} for t in group]
    cases[name] = {"inputs": arrays(inputs), "value": loss.item(), "gradients": arrays(gradients)}


def step_mask(lengths):
    return torch.stack([(torch.arange(T) < n).double() for n in lengths])


def fitnet(s, t, w, b, lengths):
    mask = step_mask(lengths)[:, :, None].expand(B, T, DT).bool()
    return ((F.linear(s, w, b) - t)[mask] ** 2).mean()


def vid(s, t, w1, w2, w3, r, lengths):
    mask = step_mask(lengths)[:, :, None].expand(B, T, DT).bool()
    mu = F.linear(F.relu(F.linear(F.relu(F.linear(s, w1)), w2)), w3)
    variance = torch.log1p(torch.exp(r)) + 1e-5
    return (0.5 * ((mu - t) ** 2 / variance + variance.log()))[mask].mean()


def attention(s, t, paper=False, lengths=None):
    steps = min(s.shape[1], t.shape[1])
    maps = []
    for h in (s, t):
        a = F.adaptive_avg_pool1d(h.pow(2).mean(2)[:, None], steps)[:, 0]
        if lengths:
            a = a * step_mask(lengths)
        maps.append(F.normalize(a, dim=1))
    difference = maps[0] - maps[1]
    if paper:
        return difference.norm(dim=1).mean()
    return difference.pow(2).sum() / (sum(lengths) if lengths else difference.numel())


def selectivity(s, t, lengths):
    total = 0
    for i, n in enumerate(lengths):
        u, v = F.normalize(s[i, :n], dim=0).T, F.normalize(t[i, :n], dim=0).T
        kernel = lambda a, b: (a @ b.T).pow(2).mean()
        total = total + kernel(v, v) + kernel(u, u) - 2 * kernel(u, v)
    return total / len(lengths)


def distances(e):
    n = len(e)
    rows = [[(e[i] - e[j]).pow(2).sum().clamp(min=1e-12).sqrt() if i != j else torch.zeros(()) for j in range(n)]
            for i in range(n)]
    psi = torch.stack([torch.stack(row) for row in rows])
    return psi / psi[psi > 0].mean()


def relational(s, t):
    return F.smooth_l1_loss(distances(s), distances(t))


def angles(s, t):
    def cosines(e):
        v = F.normalize(e[None] - e[:, None], dim=2, eps=1e-12)
        return torch.einsum("ijd,ikd->ijk", v, v)
    return F.smooth_l1_loss(cosines(s), cosines(t))


def kd(s, t, heat):
    return F.kl_div(F.log_softmax(s / heat, 1), F.log_softmax(t / heat, 1), reduction="batchmean",
                    log_target=True) * heat ** 2


def dkd(s, t, heat, alpha, beta, share):
    total = 0
    for i, y in enumerate(LABELS):
        y = min(y, s.shape[1] - 1)
        ps, pt = F.softmax(s[i] / heat, 0), F.softmax(t[i] / heat, 0)
        others = [c for c in range(s.shape[1]) if c != y]
        bs, bt = ps[y], pt[y]
        tckd = bt * (bt / bs).log() + (1 - bt) * ((1 - bt) / (1 - bs)).log()
        qs, qt = ps[others] / (1 - bs), pt[others] / (1 - bt)
        total = total + alpha * tckd + beta * (qt * (qt / qs).log()).sum()
    return share * heat ** 2 * total / len(LABELS)


def soft_dtw(cost, gamma, band):
    n, m = cost.shape
    infinite = torch.tensor(float("inf"))
    r = {(0, 0): torch.zeros(())}
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            if abs(i - j) > band:
                continue
            before = [r[p] for p in ((i - 1, j - 1), (i - 1, j), (i, j - 1)) if p in r]
            r[i, j] = cost[i - 1, j - 1] - gamma * torch.logsumexp(-torch.stack(before) / gamma, 0)
    return r[n, m]


def warping(x, y, gamma=1.0, band=99, divergence=False, lengths=None):
    def value(a, b):
        return soft_dtw(((a[:, None] - b[None]) ** 2).sum(2), gamma, band)
    total = 0
    for i in range(len(x)):
        a, b = (x[i, :lengths[i]], y[i, :lengths[i]]) if lengths else (x[i], y[i])
        total = total + value(a, b) - ((value(a, a) + value(b, b)) / 2 if divergence else 0)
    return total / len(x)


EPSILON = 1e-8
# MemKD's forms of a span from state a to state e (width), h being all states of the case (steps, width).
FORMS = {
    "n1": lambda a, e, h: (e - a).norm() / (a.norm() + EPSILON),
    "n2": lambda a, e, h: (e - a).norm() / (e.norm() + EPSILON),
    "n3": lambda a, e, h: (e - a).norm() / (a.norm() + e.norm() + EPSILON),
    "n4": lambda a, e, h: (e - a).norm() / h.norm(dim=1).mean(),
    "n5": lambda a, e, h: (e - a).norm() / len(a) ** 0.5,
    "n6-l1": lambda a, e, h: (e - a).abs().sum() / (a.abs().sum() + EPSILON),
    "n6-squares": lambda a, e, h: (e - a).pow(2).sum() / (a.pow(2).sum() + EPSILON),
    "n7": lambda a, e, h: 1 - a @ e / (a.norm() * e.norm() + EPSILON),
    "n8-cell": lambda a, e, h: FORMS["n1"](a, e, h),
    "n8-both": lambda a, e, h: FORMS["n1"](a, e, h),
}
VECTOR = lambda a, e, h: (e - a) / (a.norm() + EPSILON)


def memkd(s, t, lengths, form, regressor=lambda v: v):
    """Short and long term, the long one of all spans from 2."""
    def movements(h, long):
        return torch.stack([form(h[i], h[i + k], h) for k in (range(2, len(h)) if long else [1])
                            for i in range(len(h) - k)])
    total = 0
    for i, n in enumerate(lengths):
        for long in (False, True):
            if n > (2 if long else 1):
                total = total + F.smooth_l1_loss(regressor(movements(s[i, :n], long)), movements(t[i, :n], long))
    return total / B


def memkd_relational(s, t, lengths):
    return sum(relational(s[i, :n], t[i, :n]) for i, n in enumerate(lengths)) / B


def memkd_short(s, t, penalty):
    def delta(h):
        return (h[:, 1:] - h[:, :-1]).norm(dim=2) / (h[:, :-1].norm(dim=2) + 1e-8)
    return penalty(delta(s), delta(t))


whole = [T] * B
for label, lengths in {"": whole, "Padded": LENGTHS}.items():
    case("fitnet" + label, STATES + MAP, lambda *x, n=lengths: fitnet(*x, n))
    case("vid" + label, STATES + [(DT, DS), (DT, DT), (DT, DT), (DT,)], lambda *x, n=lengths: vid(*x, n))
    case("nst" + label, STATES, lambda *x, n=lengths: selectivity(*x, n))
    for name, form in FORMS.items():
        case(f"memkd-{name}{label}", STATES, lambda s, t, n=lengths, f=form: memkd(s, t, n, f))
    case("memkd-n9" + label, STATES + MAP,
         lambda s, t, w, b, n=lengths: memkd(s, t, n, VECTOR, lambda v: F.linear(v, w, b)))
    case("memkd-n10" + label, STATES, lambda *x, n=lengths: memkd_relational(*x, n))
    case("dt2w" + label, STATES + MAP,
         lambda s, t, w, b, n=lengths: warping(F.linear(s, w, b), t, lengths=n))
    case("dt2wDivergence" + label, STATES + MAP,
         lambda s, t, w, b, n=lengths: warping(F.linear(s, w, b), t, gamma=0.5, divergence=True, lengths=n))
case("at", STATES, attention)
case("atPadded", STATES, lambda s, t: attention(s, t, lengths=LENGTHS))
case("atPaper", STATES, lambda s, t: attention(s, t, paper=True))
case("atUneven", [(B, 4, DS), (B, 7, DT)], attention)
case("rkdDistance", [(5, DS), (5, DT)], relational)
case("rkdAngle", [(5, DS), (5, DT)], angles)
case("rkd", [(5, DS), (5, DT)], lambda s, t: 25 * relational(s, t) + 50 * angles(s, t))
case("kd", [(B, C), (B, C)], lambda s, t: kd(s, t, 4))
case("dkd", [(B, C), (B, C)], lambda s, t: dkd(s, t, 4, 1, 8, 1))
case("dkdWarm", [(B, C), (B, C)], lambda s, t: dkd(s, t, 2, 0.5, 3, 0.25))
case("dkdTwo", [(B, 2), (B, 2)], lambda s, t: dkd(s, t, 4, 1, 0, 1))
case("softDTW", [(2, 5, 3), (2, 4, 3)], lambda s, t: warping(s, t, 0.3))
case("softDTWBand", [(2, 7, 3), (2, 6, 3)], lambda s, t: warping(s, t, 1.0, band=2))
case("memkdMSE", STATES, lambda s, t: memkd_short(s, t, F.mse_loss))
case("memkdL1", STATES, lambda s, t: memkd_short(s, t, F.l1_loss))
case("memkdBeta", STATES, lambda s, t: memkd_short(s, t, lambda a, b: F.smooth_l1_loss(a, b, beta=0.1)))

root = pathlib.Path(__file__).resolve().parents[2]
with open(root / "Tests/Golden/distillation.json", "w") as file:
    json.dump(cases, file, separators=(",", ":"))
print(len(cases), "cases")
