#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/Golden/forecast-yardsticks.json by statsmodels: forecasts of the theta method, and exponential smoothing in state-space form
with additive errors: likelihood and forecasts for given numbers, and the likelihood that its own search finds.

Whether a season is taken away is decided here: |r_m| > 1.645 sqrt((1 + 2 sum of r_k^2, k < m) / n).
"""
import json, pathlib, warnings
import numpy as np
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from statsmodels.tsa.forecasting.theta import ThetaModel
from statsmodels.tsa.stattools import acf

warnings.simplefilter("ignore")
generator = np.random.default_rng(5)
short = lambda x: np.round(np.asarray(x) * 64) / 64
noise = lambda n: generator.normal(size=n)
t = np.arange(120)
HORIZON = 30
series = {
    "growing": (12, short((20 + 0.1 * t) * (1 + 0.3 * np.sin(2 * np.pi * t / 12)) + 0.5 * noise(120))),
    "standardised": (24, short(np.cos(2 * np.pi * t / 24) + 0.02 * np.cumsum(noise(120)) + 0.3 * noise(120))),
    "odd": (7, short(2 * (t % 7 == 3)[:97] + 0.01 * t[:97] - 1 + 0.3 * noise(97))),
    "walk": (12, short(np.cumsum(noise(60)) + 50)),
}
out = {}
for name, (season, y) in series.items():
    r = acf(y, nlags=season, fft=False)
    seasonal = bool(abs(r[season]) > 1.645 * np.sqrt((1 + 2 * (r[1:season] ** 2).sum()) / len(y)))
    method = "multiplicative" if y.min() > 0 else "additive"
    theta = ThetaModel(y, period=season, deseasonalize=seasonal, use_test=False, method=method).fit()
    models = {}
    for trend, damped in ((None, False), ("add", False), ("add", True)):
        for m in (None, season):
            model = ETSModel(
                y, error="add", trend=trend, damped_trend=damped, seasonal=None if m is None else "add", seasonal_periods=m,
                initialization_method="estimated")
            given = {"smoothing_level": 0.3, "smoothing_trend": 0.05, "smoothing_seasonal": 0.2, "damping_trend": 0.9,
                     "initial_level": float(y[0]) + 0.25, "initial_trend": 0.125}
            states = short(0.5 * noise(m or 0))  # of the phases, from row 0
            given |= {f"initial_seasonal.{k}": states[::-1][k] for k in range(m or 0)}
            params = np.array([given[k] for k in model.param_names])
            smooth = model.smooth(params)
            fitted = model.fit(disp=False, maxiter=2000)
            models[f"{'damped' if damped else 'additive' if trend else 'none'}{'-season' if m else ''}"] = {
                "states": states.tolist(), "likelihood": model.loglike(params), "forecast": np.asarray(smooth.forecast(HORIZON)).tolist(),
                "best": float(fitted.llf), "aicc": float(fitted.aicc), "k": len(fitted.params)}
    out[name] = {"season": season, "rows": y.tolist(), "seasonal": seasonal, "alpha": float(theta.params["alpha"]),
                 "theta": np.asarray(theta.forecast(HORIZON)).tolist(), "models": models}
path = pathlib.Path(__file__).parents[2] / "Tests/Golden/forecast-yardsticks.json"
path.write_text(json.dumps(out, separators=(",", ":")) + "\n")
