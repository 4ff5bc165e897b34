#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/Golden/forecast.json: times, calendar marks, filled and resampled series by pandas; errors of forecasts,
pinball loss and conformal widths by NumPy and scikit-learn."""
import fractions, io, json, math, pathlib
import numpy as np, pandas as pd
from sklearn.metrics import mean_absolute_error, mean_pinball_loss, mean_squared_error

random = np.random.default_rng(5)
golden = {}

# Calendar: the features of Time-Series-Library's time_features for hourly data.
seconds = random.integers(-2_500_000_000, 4_500_000_000, 60).tolist() + [
    int(np.datetime64(text, "s").astype(int)) for text in
    ["1970-01-01", "1969-12-31T23:59:59", "2000-02-29T12:00", "1900-02-28T23:00", "1900-03-01", "2016-12-31T23:00",
     "2100-02-28", "2100-03-01", "2020-02-29", "1600-02-29T05:00", "2024-12-31"]]
moments = zip(seconds, pd.DatetimeIndex(np.array(seconds, "datetime64[s]")))
golden["calendar"] = [
    {"seconds": second, "text": str(t), "marks": [
        t.hour / 23 - 0.5, t.day_of_week / 6 - 0.5, (t.day - 1) / 30 - 0.5, (t.day_of_year - 1) / 365 - 0.5]}
    for second, t in moments]

# Every form of a time, and days that may not exist.
forms = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%MZ", "%Y-%m-%d",
         "%Y/%m/%d", "%Y/%m/%d %H:%M", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y"]
golden["stamps"] = []
for form in forms:
    texts = [t.strftime(form) for t in pd.date_range("2019-12-31 22:45", periods=3, freq="26h15min")]
    read = pd.to_datetime(texts, format=form, utc=True)
    golden["stamps"].append({"texts": texts, "seconds": [int(t.timestamp()) for t in read]})
unix = golden["stamps"][0]["seconds"]
golden["stamps"].append({"texts": [str(second) for second in unix], "seconds": unix})
days = [f"{year:04d}-{month:02d}-{day:02d}" for year in (1900, 2000, 2019, 2020) for month in range(0, 14)
        for day in (0, 1, 28, 29, 30, 31, 32)]
golden["impossible"] = [day for day in days if pd.isna(pd.to_datetime(day, format="%Y-%m-%d", errors="coerce"))]
golden["possible"] = [day for day in days if day not in golden["impossible"]]


def table(times, values, keep):
    frame = pd.DataFrame(values, index=times, columns=["a", "b"])[keep]
    text = frame.to_csv(index_label="date", date_format="%Y-%m-%d %H:%M:%S", float_format="%.3f")
    return text, pd.read_csv(io.StringIO(text), index_col=0, parse_dates=True)


def filled(frame):
    start = frame.index[0]
    return {"start": int(start.timestamp()), "rows": len(frame), "last": frame.ffill().to_numpy().flatten().tolist(),
            "linear": frame.interpolate("linear").to_numpy().flatten().tolist()}


# Missing rows and cells at an equal step; pandas puts them on the same axis.
values = random.normal(scale=[3, 50], size=(40, 2)).round(3)
values[random.random((40, 2)) < 0.2] = np.nan
values[[0, -1]] = [[1.5, -20], [2.25, 7]]
keep = random.random(40) < 0.75
keep[[0, 1, 2, -2, -1]] = True
text, frame = table(pd.date_range("2020-02-28 20:00", periods=40, freq="15min"), values, keep)
golden["gaps"] = {"text": text, **filled(frame.asfreq("15min"))}

# Uneven times; pandas takes means over spans from multiples of the step since 1970.
times = pd.Timestamp("2019-12-31 22:52:10") + pd.to_timedelta(np.cumsum(random.integers(0, 700, 60)), unit="s")
values = random.normal(scale=[3, 50], size=(60, 2)).round(3)
values[random.random((60, 2)) < 0.2] = np.nan
values[[0, -1]] = [[1.5, -20], [2.25, 7]]
text, frame = table(times, values, np.ones(60, bool))
golden["resampled"] = [
    {"text": text, "step": seconds, **filled(frame.resample(f"{seconds}s", origin="epoch").mean())}
    for seconds in (420, 900, 1000, 3600)]

# Errors of forecasts: windows x steps x channels.
golden["errors"] = []
for windows, horizon, channels, season in [(7, 5, 3, 4), (1, 1, 1, 1), (33, 8, 2, 6)]:
    actual = random.normal(size=(windows, horizon, channels)).astype("f4")
    forecast = (actual + random.normal(size=actual.shape) * np.linspace(0.1, 2, horizon)[:, None]).astype("f4")
    train = random.normal(size=(20, channels)).cumsum(0).astype("f4")
    error = forecast.astype("f8") - actual
    flat = actual.astype("f8").ravel(), forecast.astype("f8").ravel()
    scales = np.abs(train[season:].astype("f8") - train[:-season]).mean(0)
    lower, upper = forecast - np.float32(0.75), forecast + np.float32(0.5)
    golden["errors"].append({
        "horizon": horizon, "channels": channels, "season": season, "actual": flat[0].tolist(), "forecast": flat[1].tolist(),
        "train": train.flatten().tolist(), "mse": mean_squared_error(*flat), "mae": mean_absolute_error(*flat),
        "rmse": math.sqrt(mean_squared_error(*flat)), "stepMSE": (error**2).mean((0, 2)).tolist(),
        "stepMAE": np.abs(error).mean((0, 2)).tolist(), "channelMAE": np.abs(error).mean((0, 1)).tolist(),
        "scales": scales.tolist(), "mase": (np.abs(error).mean((0, 1)) / scales).mean(),
        "pinball": [[level, mean_pinball_loss(*flat, alpha=level)] for level in (0.05, 0.5, 0.9)],
        "coverage": float(((lower <= actual) & (actual <= upper)).mean()),
        "meanWidth": float((upper.astype("f8") - lower).mean())})

# Split-conformal half-widths, the rank in exact fractions.
golden["conformal"] = []
for rows, columns in [(9, 1), (19, 4), (99, 2), (57, 3)]:
    residuals = random.normal(size=(rows, columns)).astype("f4")
    widths = []
    for level in ("0.07", "0.5", "0.8", "0.9", "0.95", "0.99"):
        rank = math.ceil((rows + 1) * fractions.Fraction(level))
        widths.append({"level": float(level), "widths": None if rank > rows else np.partition(
            np.abs(residuals), rank - 1, axis=0)[rank - 1].tolist()})
    golden["conformal"].append({"columns": columns, "residuals": residuals.flatten().tolist(), "levels": widths})

root = pathlib.Path(__file__).resolve().parents[2]
with open(root / "Tests/Golden/forecast.json", "w") as file:
    json.dump(golden, file, separators=(",", ":"))
