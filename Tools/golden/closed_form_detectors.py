# SPDX-License-Identifier: Apache-2.0
"""Reference values for the detectors that take no gradients of a tape, written to
Tests/Golden/closed-form-detectors.json: scikit-learn's isolation forest, one-class machines and local outlier
factor, NumPy's OS-ELM autoencoder and density summary. Everything random is handed over as numbers."""

import json
import math
import pathlib

import numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import SGDOneClassSVM
from sklearn.neighbors import LocalOutlierFactor
from sklearn.svm import OneClassSVM

ROOT = pathlib.Path(__file__).resolve().parents[2]
random = np.random.default_rng(0)


def single(x):
    """Numbers of few digits that float32 and float64 read alike, as float64."""
    return np.round(x, 4).astype("f4").astype("f8")


def numbers(x):
    return [float(f"{v:.9g}") for v in np.asarray(x).flatten()]


def mixture(count, size):
    """Three clusters of different widths in about [0, 1]."""
    kind = random.integers(3, size=count)
    centres = np.linspace(0.2, 0.8, 3)[:, None] + 0.1 * np.cos(np.arange(size))
    return single(centres[kind] + 0.02 * (1 + kind[:, None]) * random.normal(size=(count, size)))


def with_outliers(normal, share=0.3):
    x = normal + (random.random((len(normal), 1)) < share) * random.normal(size=normal.shape) * 0.3
    return single(x)


def heap(tree, depth):
    """A tree of scikit-learn as buffers by levels; x <= t for float32 is x < p, the next number above t."""
    features = np.full(2**depth - 1, -1)
    values = np.zeros(2 ** (depth + 1) - 1)

    def place(node, at, level):
        left, right = tree.children_left[node], tree.children_right[node]
        if left < 0:
            n = int(tree.n_node_samples[node])
            c = 0 if n < 2 else 1 if n == 2 else 2 * (math.log(n - 1) + np.euler_gamma) - 2 * (n - 1) / n
            values[at] = level + c
            return
        features[at] = tree.feature[node]
        threshold = np.float32(tree.threshold[node])
        if float(threshold) <= tree.threshold[node]:
            threshold = np.nextafter(threshold, np.float32(np.inf))
        values[at] = threshold
        place(left, 2 * at + 1, level + 1)
        place(right, 2 * at + 2, level + 1)

    place(0, 0, 0)
    return features, values


def forest():
    train, test = mixture(600, 6), with_outliers(mixture(150, 6))
    small = IsolationForest(n_estimators=12, max_samples=50, random_state=0).fit(train)
    trees = [heap(tree.tree_, 6) for tree in small.estimators_]
    large = IsolationForest(n_estimators=100, max_samples=256, random_state=0).fit(train)
    return {
        "channels": 6, "train": numbers(train), "test": numbers(test),
        "trees": 12, "subsample": 50,
        "features": numbers([t[0] for t in trees]), "values": numbers([t[1] for t in trees]),
        "scores": numbers(-small.score_samples(test)),
        "ownScores": numbers(-large.score_samples(test)),
    }


def machine():
    nu, size, features = 0.1, 4, 48
    gamma = 1 / size
    train, test = mixture(300, size), with_outliers(mixture(80, size))
    frequencies = single(random.normal(size=(features, size)) * math.sqrt(2 * gamma))
    phases = single(random.random(features) * 2 * math.pi)

    def mapped(x):
        return math.sqrt(2 / features) * np.cos(x @ frequencies.T + phases)

    def objective(w, rho):
        return w @ w / 2 - rho + np.maximum(0, rho - mapped(train) @ w).mean() / nu

    exact = OneClassSVM(kernel="linear", nu=nu, tol=1e-9).fit(mapped(train))
    w, rho = exact.coef_[0], exact.offset_[0]
    # libsvm scales its dual to sum 1 over at most 1 / (nu n) each, times nu n.
    scale = nu * len(train)
    w, rho = w / scale, rho / scale
    rival = SGDOneClassSVM(nu=nu, max_iter=2000, tol=None, average=True, random_state=0)
    rival.fit(mapped(train))
    kernel = OneClassSVM(kernel="rbf", gamma=gamma, nu=nu, tol=1e-9).fit(train)
    return {
        "channels": size, "features": features, "train": numbers(train), "test": numbers(test),
        "frequencies": numbers(frequencies), "phases": numbers(phases),
        "weight": numbers(w), "offset": float(rho),
        "scores": numbers(rho - mapped(test) @ w.astype("f4")),
        "least": float(objective(w, rho)),
        "rival": float(objective(rival.coef_, rival.offset_[0])),
        "kernelScores": numbers(-kernel.decision_function(test)),
    }


def factors():
    cases = []
    for count, k in ((200, 20), (120, 5), (10, 20), (2, 1)):
        train, test = mixture(count, 5), with_outliers(mixture(50, 5))
        if count == 120:
            train[20:24], test[:4] = train[20], train[30:34]
        model = LocalOutlierFactor(n_neighbors=k, novelty=True).fit(train)
        cases.append({
            "channels": 5, "neighbours": k, "train": numbers(train), "test": numbers(test),
            "scores": numbers(-model.score_samples(test))})
    return cases


def summary(count, size, k, duplicates):
    x = mixture(count, size)
    x[:duplicates] = x[0]
    distance = np.sqrt(((x[:, None] - x[None]) ** 2).sum(2))
    np.fill_diagonal(distance, -1)
    order = np.argsort(distance, axis=1, kind="stable")[:, 1:]
    ordered = np.take_along_axis(distance, order, 1)
    v = ordered[:, k - 1]
    near = order[:, :k]
    lrd = 1 / (np.maximum(v[near], ordered[:, :k]).mean(1) + 1e-10)
    benefit = np.exp(np.minimum(lrd[near].mean(1) / lrd, 3))
    floor = v.mean() / 100 + 1e-10
    y = np.full(count, 0.5)
    for t in range(1, 21):
        sums = np.cumsum(np.clip(y, 0, 1)[order], 1)
        at = np.where((sums >= k).any(1), (sums >= k).argmax(1), count - 2)
        j, rho = order[np.arange(count), at], ordered[np.arange(count), at]
        ratio = (rho + floor) / (v + floor)
        pull = np.bincount(j, y * ratio, count)
        slope = np.where(y > 1, 2 * (y - 1), np.where(y < 0, 2 * y, 0))
        y = y - 0.3 * 0.95**t * (pull + ratio - benefit + slope + 0.001 * (y.sum() - count / 2))
    kept = np.sort(np.argsort(-y, kind="stable")[: count // 2])
    return {"size": size, "neighbours": k, "rows": numbers(x), "weights": numbers(y),
            "kept": [int(i) for i in kept]}


def autoencoder(channels=3, window=5, hidden=8, ridge=0.1):
    t = np.arange(190)[:, None]
    x = single(0.5 + 0.4 * np.sin(t / [5, 9, 14]) + 0.05 * random.normal(size=(190, channels)))
    train, test = x[:150], with_outliers(x[150:])

    def windows(x):
        rows = np.arange(len(x))[:, None] - np.arange(window)[::-1]
        return x[np.maximum(rows, 0)].reshape(len(x), -1)

    size = channels * window
    weight, bias = (single(random.uniform(-0.6, 0.6, shape)) for shape in ((hidden, size), hidden))

    def layer(w):
        return 1 / (1 + np.exp(-(w @ weight.T + bias)))

    w = windows(train)
    h = layer(w[:40])
    p = np.linalg.inv(h.T @ h + ridge * np.eye(hidden))
    beta = p @ h.T @ w[:40]
    for start in range(40, len(w), 16):
        chunk = w[start:start + 16]
        h = layer(chunk)
        p = p - p @ h.T @ np.linalg.inv(np.eye(len(chunk)) + h @ p @ h.T) @ h @ p
        beta = beta + p @ h.T @ (chunk - h @ beta)
    v = windows(test)
    parts = ((layer(v) @ beta - v) ** 2)[:, -channels:]
    return {"channels": channels, "window": window, "hidden": hidden, "ridge": ridge,
            "train": numbers(train), "test": numbers(test), "weight": numbers(weight),
            "bias": numbers(bias), "output": numbers(beta), "parts": numbers(parts)}


expected = {"forest": forest(), "machine": machine(), "factors": factors(),
            "summaries": [summary(80, 3, 6, 0), summary(61, 2, 5, 12), summary(5, 2, 4, 0)],
            "autoencoder": autoencoder()}
with open(ROOT / "Tests/Golden/closed-form-detectors.json", "w") as file:
    json.dump(expected, file)
    file.write("\n")
print({k: v for k, v in expected["machine"].items() if k in ("least", "rival", "offset")})
