# SPDX-License-Identifier: Apache-2.0
"""Reference values for anomaly scores from scikit-learn and NumPy, written to Tests/Golden/anomaly.json.

MINIM_DATA names a folder with affiliation_golden, the labels and alarms published with the affiliation metrics; where it
is absent, their figures stay as they are.
"""

import gzip
import json
import os
import pathlib

import numpy as np
from sklearn import metrics

ROOT = pathlib.Path(__file__).resolve().parents[2]


def detection_case(random, index):
    count = int(random.integers(2, 60))
    scores = random.normal(size=count) if index % 3 else random.integers(0, 5, size=count)
    scores = np.round(scores.astype(float), 1 + index % 2)
    labels = random.random(count) < random.choice([0.1, 0.4, 0.8])
    labels[int(random.integers(count))] = True
    threshold = float(random.choice(scores))
    alarms = scores > threshold
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        labels, alarms, average="binary", zero_division=0)
    curve = [metrics.f1_score(labels, scores >= s, zero_division=0) for s in np.unique(scores)]
    return {
        "scores": scores.tolist(),
        "labels": [int(v) for v in labels],
        "averagePrecision": float(metrics.average_precision_score(labels, scores)),
        "areaUnderROC": float(metrics.roc_auc_score(labels, scores)) if not labels.all() else None,
        "threshold": threshold,
        "precision": float(precision),
        "recall": float(recall),
        "f1": float(f1),
        "bestF1": float(max(curve)),
    }


def distance(x, runs):
    """The distance of each x from the union of runs."""
    return np.min([np.maximum(np.maximum(a - x, x - b), 0) for a, b in runs], axis=0)


def affiliation_case(name, count, truth, alarms):
    """Every breakpoint of the integrands is a multiple of 1/4, so midpoints of such cells are exact."""
    ends = [0.0] + [(a[1] + b[0]) / 2 for a, b in zip(truth, truth[1:])] + [float(count)]
    events = []
    for (a, b), e0, e1 in zip(truth, ends, ends[1:]):
        inside = [(max(s, e0), min(e, e1)) for s, e in alarms if s < e1 and e > e0]
        if not inside:
            events.append({"precision": None, "recall": 0.0})
            continue
        cells = np.concatenate([np.arange(s, e, 0.25) + 0.125 for s, e in inside])
        d = distance(cells, [(a, b)])
        margin = min(a - e0, e1 - b)
        p = np.where(d > 0, 1 - ((b - a) + np.minimum(d, margin) + d) / (e1 - e0), 1)
        y = np.arange(a, b, 0.25) + 0.125
        d = distance(y, inside)
        r = np.where(d > 0, 1 - (np.minimum(d, np.minimum(y - e0, e1 - y)) + d) / (e1 - e0), 1)
        events.append({"precision": float(p.mean()), "recall": float(r.mean())})
    known = [e["precision"] for e in events if e["precision"] is not None]
    return {
        "name": name,
        "events": events,
        "precision": float(np.mean(known)) if known else None,
        "recall": float(np.mean([e["recall"] for e in events])),
    }


def period_case(random, index):
    count = [800, 3000, 1200, 2000, 700, 300][index]
    period = [24, 100, 350, 8, 50, 30][index]
    t = np.arange(count)
    x = np.round(np.sin(2 * np.pi * t / period) + 0.3 * random.normal(size=count), 4)
    centred = x - x.mean()
    r = np.correlate(centred, centred, "full")[count - 1:][: min(400, count - 1) + 1]
    peaks = [k for k in range(4, len(r) - 1) if r[k] > r[k - 1] and r[k] > r[k + 1]]
    best = max(peaks, key=lambda k: r[k])
    return {"series": x.tolist(), "buffer": best if 6 <= best <= 303 else 125}


def runs(points):
    edges = np.flatnonzero(np.diff(np.concatenate([[0], points, [0]])))
    return [[int(a), int(b)] for a, b in zip(edges[::2], edges[1::2])]


def random_affiliation(random, index):
    count = int(random.integers(10, 120))
    truth = runs((np.convolve(random.random(count), np.ones(4) / 4, "same") > 0.6).astype(int)) or [[3, 6]]
    alarms = runs((np.convolve(random.random(count), np.ones(3) / 3, "same") > 0.6).astype(int))
    case = affiliation_case(f"random {index}", count, truth, alarms)
    return {**case, "count": count, "truth": truth, "alarms": alarms}


def published_affiliation():
    folder = pathlib.Path(os.environ.get("MINIM_DATA", ROOT.parent / "shared/data")) / "affiliation_golden"
    if not folder.is_dir():
        return json.loads((ROOT / "Tests/Golden/anomaly.json").read_text())["publishedAffiliation"]
    def points(path):
        return np.array(gzip.open(path, "rt").read().split(), dtype=float).astype(int)
    cases = []
    for truth in sorted(folder.glob("*_groundtruth.gz")):
        series = truth.name.removesuffix("_groundtruth.gz")
        labels = points(truth)
        for who in ["trivial", "adversary", "greenhouse", "lstmad", "luminol"]:
            alarms = points(folder / f"{series}_{who}.gz")
            cases.append(affiliation_case(f"{series} {who}", len(labels), runs(labels), runs(alarms)))
    return cases


def main():
    random = np.random.default_rng(20260211)
    golden = {
        "detection": [detection_case(random, i) for i in range(90)],
        "publishedAffiliation": published_affiliation(),
        "period": [period_case(random, i) for i in range(6)],
        "affiliation": [random_affiliation(random, i) for i in range(40)],
    }
    lines = [
        f'"{name}":[\n' + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]"
        for name, cases in golden.items()
    ]
    (ROOT / "Tests/Golden/anomaly.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
