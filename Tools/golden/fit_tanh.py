#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fits tanh(x) = x P(x^2) / Q(x^2) on |x| <= 7.90531 for Sources/CMinimKernels/math.inc and prints the coefficients.

Least squares of the linearised error, reweighted by the last denominator and towards the worst points (Lawson).
"""
import numpy as np

LIMIT, P_TERMS, Q_TERMS = 7.90531, 6, 4
x = np.cos(np.pi * (np.arange(6000) + 0.5) / 12000) * LIMIT
t, z = np.tanh(x), (x / LIMIT) ** 2
weight, q = np.ones_like(x), np.ones_like(x)
best = None
for _ in range(400):
    rows = np.hstack([x[:, None] * z[:, None] ** np.arange(P_TERMS),
                      -t[:, None] * z[:, None] ** np.arange(1, Q_TERMS)])
    scale = np.sqrt(weight) / (q * t)
    solution, *_ = np.linalg.lstsq(rows * scale[:, None], t * scale, rcond=None)
    p, q_coefficients = solution[:P_TERMS], np.concatenate([[1], solution[P_TERMS:]])
    q = (z[:, None] ** np.arange(Q_TERMS)) @ q_coefficients
    error = np.abs(x * ((z[:, None] ** np.arange(P_TERMS)) @ p) / q / t - 1)
    if best is None or error.max() < best[0]:
        best = (error.max(), p / LIMIT ** (2 * np.arange(P_TERMS)), q_coefficients / LIMIT ** (2 * np.arange(Q_TERMS)))
    weight *= error + 1e-12
    weight /= weight.sum()
print("worst relative error", best[0])
for name, values in zip("pq", best[1:]):
    print(name, [repr(float(np.float32(v))) for v in values])
f = np.float32
xs = np.linspace(-9, 9, 2000001).astype(f)
c = np.clip(xs, -f(LIMIT), f(LIMIT)); zz = c * c
num, den = np.zeros_like(c), np.zeros_like(c)
for v in best[1][::-1]: num = num * zz + f(v)
for v in best[2][::-1]: den = den * zz + f(v)
print("in float32, worst absolute error", np.abs((c * num / den).astype(np.float64) - np.tanh(xs.astype(np.float64))).max(), "largest", (c*num/den).max())
