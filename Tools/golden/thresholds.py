# SPDX-License-Identifier: Apache-2.0
"""Reference values for the thresholds of MinimRuntime from SciPy, written to Tests/Golden/thresholds.json."""

import json
import pathlib

import numpy as np
from scipy import optimize, stats

ROOT = pathlib.Path(__file__).resolve().parents[2]


def scores_of(random, index):
    count = int(random.integers(200, 500))
    kind = index % 10
    if kind < 3:
        return stats.genpareto.rvs(random.uniform(0.3, 0.9), size=count, random_state=random)
    if kind < 5:
        return stats.genpareto.rvs(random.uniform(-0.3, 0), size=count, random_state=random)
    if kind == 5:
        return random.exponential(random.uniform(0.5, 5), size=count)
    if kind == 6:
        return np.abs(random.normal(size=count))
    if kind == 7:
        return random.gamma(2.0, 3.0, size=count) - 4
    if kind == 8:
        return random.lognormal(0, 0.7, size=count)
    return 100 + 1e-2 * stats.genpareto.rvs(0.3, size=count, random_state=random)


def log_likelihood(peaks, gamma, sigma):
    return float(stats.genpareto.logpdf(peaks, gamma, scale=sigma).sum())


def best_interior(peaks):
    """The highest interior maximum of the profile likelihood with gamma >= -1, or gamma = 0."""
    mean, count = peaks.mean(), len(peaks)
    y = peaks / mean

    def loss(x):
        gamma = np.log1p(x * y).mean()
        return count * (np.log(gamma / x * mean) + 1 + gamma)

    best = (count * (1 + np.log(mean)), 0.0, mean)
    lower = -1 / y.max()
    places = np.unique(np.concatenate([
        lower * (1 - np.geomspace(1e-9, 0.5, 400)), lower * np.geomspace(0.5, 1e-6, 400),
        np.geomspace(1e-6, 1e6, 1500)]))
    losses = [loss(x) for x in places]
    for i in range(1, len(places) - 1):
        if losses[i] <= min(losses[i - 1], losses[i + 1]) and places[i - 1] * places[i + 1] > 0:
            found = optimize.minimize_scalar(
                loss, bounds=(places[i - 1], places[i + 1]), method="bounded", options={"xatol": 1e-14})
            gamma = np.log1p(found.x * y).mean()
            if found.fun < best[0] and gamma >= -1:
                best = (found.fun, gamma, gamma / found.x * mean)
    return {"gamma": float(best[1]), "sigma": float(best[2]), "logLikelihood": -float(best[0])}


def case(random, index):
    scores = np.round(scores_of(random, index), 5)
    level, risk = 0.9, float(random.choice([1e-2, 1e-3, 1e-4]))
    start = np.sort(scores)[int(level * len(scores))]
    peaks = scores[scores > start] - start
    gamma, _, sigma = stats.genpareto.fit(peaks, floc=0)
    rate = risk * len(scores) / len(peaks)
    return {
        "scores": scores.tolist(), "level": level, "risk": risk, "start": float(start),
        "peakCount": len(peaks), "gamma": float(gamma), "sigma": float(sigma),
        "logLikelihood": log_likelihood(peaks, gamma, sigma),
        "threshold": float(start + stats.genpareto.isf(rate, gamma, scale=sigma)),
        "best": best_interior(peaks),
    }


def main():
    random = np.random.default_rng(20240512)
    lines = [json.dumps(case(random, i), separators=(",", ":")) for i in range(100)]
    (ROOT / "Tests/Golden/thresholds.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    main()
