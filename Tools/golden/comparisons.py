# SPDX-License-Identifier: Apache-2.0
"""Reference values for comparisons of methods from SciPy, written to Tests/Golden/comparisons.json.

Reads Tests/Golden/memkd-table.json, the published Table II of MemKD (arXiv 2601.04264): facts, not made here.
"""

import itertools
import json
import pathlib

import numpy as np
from scipy import integrate, optimize, stats

ROOT = pathlib.Path(__file__).resolve().parents[2]


def wilcoxon_cases(random):
    cases = []
    for index in range(60):
        count = [1, 2, 3, 7, 12, 20, 49, 50, 51, 80][index % 10]
        kind = index // 10 % 3
        first, second = random.normal(size=count), random.normal(size=count) + random.choice([0, 0.5])
        if kind > 0:
            first, second = np.round(first * kind), np.round(second * kind)
        if (first == second).all():
            continue
        differences = np.abs(first - second)
        exact = count <= 50 and (differences > 0).all() and len(set(differences)) == count
        results = {
            zeros: stats.wilcoxon(first, second, zero_method=zeros, method="exact" if exact else "asymptotic")
            for zeros in ["pratt", "wilcox"]
        }
        cases.append({
            "first": first.tolist(), "second": second.tolist(), "isExact": bool(exact),
            **{f"{zeros}Statistic": float(r.statistic) for zeros, r in results.items()},
            **{f"{zeros}P": float(r.pvalue) for zeros, r in results.items()},
        })
    return cases


def friedman_cases(random):
    cases = []
    for index in range(24):
        sets, methods = int(random.integers(2, 30)), int(random.integers(3, 22))
        scores = random.normal(size=(sets, methods)) + np.arange(methods) * random.choice([0, 0.2])
        if index % 2:
            scores = np.round(scores)
        result = stats.friedmanchisquare(*scores.T)
        cases.append({
            "scores": scores.tolist(), "ranks": stats.rankdata(-scores, axis=1).mean(axis=0).tolist(),
            "chiSquare": float(result.statistic), "p": float(result.pvalue),
        })
    return cases


def chi_square_cases():
    return [
        {"x": x, "degrees": d, "tail": float(stats.chi2.sf(x, d))}
        for d in [1, 2, 3, 4, 9, 10, 19, 50, 51, 400, 401]
        for x in [0.0, 1e-6, 0.3, 1.0, 5.0, 40.0, 300.0, 700.0]
    ]


def holm(p_values):
    """Adjusted values by the definition: max over j <= i of (m - j + 1) p_(j)."""
    p = np.array(p_values)
    adjusted = np.empty_like(p)
    order = np.argsort(p, kind="stable")
    for place, index in enumerate(order):
        adjusted[index] = max(min(1, (len(p) - j) * p[order[j]]) for j in range(place + 1))
    return adjusted


def holm_cases(random):
    cases = []
    for index in range(20):
        p = random.random(int(random.integers(0, 30))) ** random.choice([1, 4])
        if index % 3 == 0:
            p = np.round(p, 1)
        cases.append({"pValues": p.tolist(), "adjusted": holm(p).tolist()})
    return cases


def range_quantile(count, alpha):
    """SciPy's studentized_range keeps some 1e-8; adaptive quadrature of the same integral, polished from there."""
    def miss(q):
        inside = lambda z: stats.norm.pdf(z) * (stats.norm.cdf(z + q) - stats.norm.cdf(z)) ** (count - 1)
        return count * integrate.quad(inside, -12, 12, epsabs=1e-14, epsrel=1e-13, limit=500)[0] - (1 - alpha)
    start = float(stats.studentized_range.ppf(1 - alpha, count, np.inf))
    value = optimize.brentq(miss, start - 1e-3, start + 1e-3, xtol=1e-13)
    assert abs(value - start) < 1e-5, (count, alpha, value, start)
    return value


def nemenyi_cases():
    return [
        {"methods": k, "alpha": alpha, "difference": range_quantile(k, alpha) / np.sqrt(2) * np.sqrt(k * (k + 1) / 72)}
        for k in range(2, 21) for alpha in [0.05, 0.1]
    ]


def table_case():
    table = json.loads((ROOT / "Tests/Golden/memkd-table.json").read_text())
    scores = np.array(table["students"])
    k = scores.shape[1]
    pairs = []
    for a, b in itertools.combinations(range(k), 2):
        differences = np.abs(scores[:, a] - scores[:, b])
        exact = (differences > 0).all() and len(set(differences)) == len(differences)
        result = stats.wilcoxon(
            scores[:, a], scores[:, b], zero_method="pratt", method="exact" if exact else "asymptotic")
        pairs.append({"first": a, "second": b, "p": float(result.pvalue)})
    return {"pairs": pairs, "adjusted": holm([p["p"] for p in pairs]).tolist()}


def main():
    random = np.random.default_rng(20250607)
    golden = {
        "wilcoxon": wilcoxon_cases(random),
        "friedman": friedman_cases(random),
        "chiSquare": chi_square_cases(),
        "holm": holm_cases(random),
        "nemenyi": nemenyi_cases(),
        "table": [table_case()],
    }
    lines = [
        f'"{name}":[\n' + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]"
        for name, cases in golden.items()
    ]
    (ROOT / "Tests/Golden/comparisons.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
