#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/Golden/minirocket.json: MiniRocket's biases and features of small series, and a ridge by scikit-learn.

The transform is written from the formulas of Dempster, Schmidt and Webb (2021) in NumPy, in float32 where the paper's is.
"""
import itertools, json, pathlib
import numpy as np
from sklearn.linear_model import RidgeCV
from sklearn.preprocessing import StandardScaler

random = np.random.default_rng(0)
kernels = [np.where(np.isin(np.arange(9), taps), 2, -1) for taps in itertools.combinations(range(9), 3)]


def plan(length, features):
    each = features // 84
    most = min(each, 32)
    dilations, times = np.unique(np.logspace(0, np.log2((length - 1) / 8), most, base=2).astype(int), return_counts=True)
    counts = (times * (each / most)).astype(int)
    for extra in range(each - counts.sum()):
        counts[extra % len(counts)] += 1
    return dilations.tolist(), counts.tolist()


def convolve(x, kernel, dilation):
    padded = np.pad(x, 4 * dilation)
    return sum(w * padded[s * dilation:s * dilation + len(x)] for s, w in enumerate(kernel)).astype(np.float32)


def transform(cases, features, examples, seen):
    dilations, counts = plan(cases.shape[1], features)
    biases, rows, number, golden = [], [[] for _ in cases], 0, (1 + 5 ** 0.5) / 2
    combinations = itertools.product(enumerate(zip(dilations, counts)), enumerate(kernels))
    for place, ((at, (dilation, count)), (index, kernel)) in enumerate(combinations):
        results = [convolve(case[:, seen[place] > 0].sum(1), kernel, dilation) for case in cases]
        positions = [(number + k + 1) * golden % 1 for k in range(count)]
        number += count
        own = np.quantile(results[examples[place]].astype(float), positions).astype(np.float32)
        biases += own.tolist()
        for row, result in zip(rows, results):
            inside = result if (at + index) % 2 == 0 else result[4 * dilation:len(result) - 4 * dilation]
            row += [(inside > bias).mean() for bias in own]
    return biases, rows


short = lambda x: (x * 256).round() / 256
result = {"transforms": []}
for length, features, channels in ((30, 84 * 5, 1), (9, 84, 1), (120, 84 * 40, 1), (40, 84 * 4, 3)):
    cases = short(random.normal(size=(4, length, channels)))
    combinations = 84 * len(plan(length, features)[0])
    seen = random.integers(0, 2, (combinations, channels))
    seen[seen.sum(1) == 0, 0] = 1
    examples = random.integers(0, 4, combinations)
    biases, rows = transform(cases, features, examples, seen)
    keep = range(0, features, max(1, features // 200))
    result["transforms"].append(dict(
        length=length, features=features, channels=channels, series=cases.ravel().tolist(), examples=examples.tolist(),
        seen=seen.ravel().tolist(), plan=plan(length, features), kept=list(keep), biases=[biases[k] for k in keep],
        values=[[row[k] for k in keep] for row in rows]))

columns, goals = short(random.normal(size=(12, 30)) * np.linspace(0.1, 3, 30) + 1), np.sign(random.normal(size=(2, 12)))
columns[:, 7] = 2.5
penalties = np.logspace(-3, 3, 10)
standard = StandardScaler().fit_transform(columns)
ridge = RidgeCV(penalties, store_cv_results=True).fit(standard, goals.T)
result["ridge"] = dict(columns=columns.ravel().tolist(), targets=goals.tolist(), penalty=ridge.alpha_,
                       errors=ridge.cv_results_.mean((0, 1)).tolist(), predictions=ridge.predict(standard).T.tolist())
root = pathlib.Path(__file__).resolve().parents[2]
with open(root / "Tests/Golden/minirocket.json", "w") as file:
    json.dump(result, file, separators=(",", ":"))
