#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/Golden/detection: recordings as NumPy stores them, their windows with replicated first
rows, their channels brought to the range of the training rows and clipped."""
import gzip, io, json, pathlib
import numpy as np

out = pathlib.Path(__file__).resolve().parents[2] / "Tests/Golden/detection"
random = np.random.default_rng(0)


def save(path, array):
    """An array as .npy, or as gzip of it without a time stamp."""
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    np.save(buffer, array)
    data = buffer.getvalue()
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def windows(x, length, lag):
    rows = np.arange(len(x))[:, None] - lag - np.arange(length)[::-1]
    return x[np.maximum(rows, 0)].reshape(len(x), -1)


def scaled(train, x, limit):
    low, high = train.min(0), train.max(0)
    divisor = np.where(high == low, np.float32(1), high - low)
    y = (x - low) / divisor
    if limit is None:
        return y, np.zeros(x.shape[1], int)
    return y.clip(-np.float32(limit), np.float32(1 + limit)), ((y < -limit) | (y > 1 + limit)).sum(0)


expected = {}
train = random.normal(size=(9, 3)) * [1, 30, 0] + [0, 5, 2]
test = random.normal(size=(14, 3)) * [2, 300, 4]
labels = random.random((14, 3)) < 0.15
save(out / "families/A.train.npy.gz", np.asfortranarray(train))
save(out / "families/A.test.npy.gz", test.astype("f4"))
save(out / "families/A.label.npy.gz", labels.any(1).astype("u1"))
save(out / "families/B.train.npy", train[:, 0].astype(">f8"))
save(out / "families/B.test.npy.gz", test[:, :1])
save(out / "families/B.labels.npy", labels.any(1).astype("f4")[:, None])
save(out / "arrays/train.npy", train.astype("f4"))
save(out / "arrays/test.npy.gz", test)
save(out / "arrays/labels.npy", labels)
train, test = train.astype("f4"), test.astype("f4")
expected["train"], expected["test"] = train.flatten().tolist(), test.flatten().tolist()
expected["labels"] = labels.flatten().tolist()
expected["windows"] = [
    {"length": length, "lag": lag, "values": windows(test, length, lag).flatten().tolist()}
    for length in (1, 2, 5, 20) for lag in (0, 1)]
expected["scaled"] = []
for limit in (4, 0, None):
    values, clipped = scaled(train, test, limit)
    assert limit is None or clipped.sum() > 0
    expected["scaled"].append(
        {"limit": limit, "values": values.flatten().tolist(), "clipped": clipped.tolist()})
with open(out / "expected.json", "w") as file:
    json.dump(expected, file)
