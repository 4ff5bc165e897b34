#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/Golden/series: arrays in NumPy's formats, series resampled and z-normalised by NumPy,
and scaled by scikit-learn."""
import json, pathlib
import numpy as np
from sklearn.preprocessing import StandardScaler

out = pathlib.Path(__file__).resolve().parents[2] / "Tests/Golden/series"
out.mkdir(parents=True, exist_ok=True)
random = np.random.default_rng(0)

series = (random.normal(size=(5, 2, 7)) * 8).round() / 4
labels = np.array([3, -1, 3, 10, -1])
expected = {"series": series.flatten().tolist(), "labels": labels.tolist()}
for name, array in {
    "f8": series, "f4": series.astype("f4"), "f2": series.astype("f2"), "big": series.astype(">f8"),
    "fortran": np.asfortranarray(series), "i2": (series * 4).astype("i2"), "u1": np.arange(6, dtype="u1").reshape(2, 3),
    "labels": labels, "objects": np.array([None, 1], dtype=object), "text": np.array(["a", "b"]),
}.items():
    np.save(out / f"{name}.npy", array, allow_pickle=True)
train, test = dict(X_train=series[:3], y_train=labels[:3]), dict(X_test=series[2:], y_test=np.array([3, -1, 3]))
np.savez(out / "stored.npz", **train, **test)
np.savez_compressed(out / "deflated.npz", **train, **test)

lines = []
for length, steps in [(24, 100), (275, 100), (7, 3), (100, 100), (2, 9), (1, 4)]:
    x = random.normal(size=length).round(3)
    y = np.interp(np.linspace(0, length - 1, steps), np.arange(length), x)
    deviation = y.std()
    z = (y - y.mean()) / deviation if deviation >= 1e-8 else np.zeros(steps)
    lines.append({"series": x.tolist(), "resampled": y.tolist(), "normalised": z.tolist()})
x = np.array([np.nan, 1, np.nan, np.nan, 4, 2, np.nan])
known = ~np.isnan(x)
expected["gaps"] = np.interp(np.arange(7), np.arange(7)[known], x[known]).tolist()
expected["lines"] = lines
ragged = [random.normal(loc=[3, -40, 7], scale=[2, 0.5, 0], size=(length, 3)).round(3) for length in (5, 9, 2)]
scaler = StandardScaler().fit(np.concatenate(ragged))
expected["scaler"] = {
    "cases": [case.T.flatten().tolist() for case in ragged], "means": scaler.mean_.tolist(),
    "deviations": scaler.scale_.tolist(), "scaled": [scaler.transform(case).flatten().tolist() for case in ragged]}
with open(out / "expected.json", "w") as file:
    json.dump(expected, file)
