# SPDX-License-Identifier: Apache-2.0
"""Reference values for MinimScores from scikit-learn and NumPy, written to Tests/Golden/scores.json."""

import json
import pathlib
import warnings

import numpy as np
from sklearn import metrics

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXTREME = [1e300, -1e300, 1e-300, 5e-324, 0.0, -0.0, 1.0, -1.0, 1 + 2.0**-52, 1.7976931348623157e308]


def binary_case(random, index):
    count = int(random.integers(2, 40))
    kind = index % 4
    if kind == 0:
        scores = np.round(random.normal(size=count), 4)
    elif kind == 1:
        scores = random.integers(0, 4, size=count).astype(float)
    elif kind == 2:
        scores = random.choice(EXTREME, size=count)
    else:
        scores = np.full(count, 0.25)
    positives = random.random(count) < random.choice([0.1, 0.5, 0.9])
    positives[int(random.integers(count))] = True
    mixed = not positives.all()
    return {
        "scores": scores.tolist(),
        "positives": [int(p) for p in positives],
        "averagePrecision": float(metrics.average_precision_score(positives, scores)),
        "areaUnderROC": float(metrics.roc_auc_score(positives, scores)) if mixed else None,
    }


def probabilities_of(random, index, count, classes):
    kind = index % 4
    if kind == 0:
        rows = random.dirichlet(np.ones(classes), size=count)
        return np.round(rows, 4)
    if kind == 1:
        return np.round(random.dirichlet(np.ones(classes), size=count) * 4) / 4
    if kind == 2:
        return np.eye(classes)[random.integers(0, classes, size=count)]
    return random.choice([0.0, 1.0, 5e-324, 1e-300, 1e-16, 0.5, 1 - 2.0**-53], size=(count, classes))


def multiclass_case(random, index):
    classes = int(random.choice([1, 2, 2, 3, 5, 12, 25]))
    count = int(random.integers(1, 30))
    table = probabilities_of(random, index, count, classes)
    present = random.permutation(classes)[: max(1, int(random.integers(1, classes + 1)))]
    labels = random.choice(present, size=count)
    precisions, areas = [], []
    for c in range(classes):
        positive = labels == c
        precisions.append(
            float(metrics.average_precision_score(positive, table[:, c])) if positive.any() else None)
        areas.append(
            float(metrics.roc_auc_score(positive, table[:, c]))
            if positive.any() and not positive.all() else None)
    kept = [p for p in precisions if p is not None]
    kept_areas = [a for a in areas if a is not None]
    predicted = table.argmax(axis=1)
    if classes > 1:
        loss = float(metrics.log_loss(labels, table, labels=list(range(classes))))
    else:
        p = np.clip(table[:, 0], 2.0**-52, 1 - 2.0**-52)
        loss = float(-np.log(p).mean())
    return {
        "classCount": classes,
        "probabilities": table.ravel().tolist(),
        "labels": labels.tolist(),
        "averagePrecisions": precisions,
        "areasUnderROC": areas,
        "aucPRC": float(np.mean(kept)),
        "aucROC": float(np.mean(kept_areas)) if kept_areas else None,
        "leftOutOfPRC": classes - len(kept),
        "leftOutOfROC": classes - len(kept_areas),
        "accuracy": float(metrics.accuracy_score(labels, predicted)),
        "balancedAccuracy": float(metrics.balanced_accuracy_score(labels, predicted)),
        "logLoss": loss,
        "confusionMatrix": metrics.confusion_matrix(
            labels, predicted, labels=list(range(classes))).tolist(),
    }


def summary_case(random):
    values = np.round(random.normal(size=int(random.integers(1, 12))) * 10, 5)
    return {
        "values": values.tolist(),
        "mean": float(values.mean()),
        "standardDeviation": float(values.std(ddof=1)) if len(values) > 1 else None,
        "minimum": float(values.min()),
        "maximum": float(values.max()),
    }


def main():
    warnings.simplefilter("ignore")
    random = np.random.default_rng(20240511)
    golden = {
        "binary": [binary_case(random, i) for i in range(100)],
        "multiclass": [multiclass_case(random, i) for i in range(120)],
        "summary": [summary_case(random) for _ in range(10)],
    }
    lines = [
        f'"{name}":[\n' + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]"
        for name, cases in golden.items()
    ]
    (ROOT / "Tests/Golden/scores.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
