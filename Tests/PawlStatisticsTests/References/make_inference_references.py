"""Writes the reference figures of inference beyond distributions, as Swift, to InferenceReferences.swift beside it.

python3 make_inference_references.py && swift format -i InferenceReferences.swift, with SciPy 1.17.1 and statsmodels 0.15 (pip install scipy statsmodels).
"""

import pathlib

import numpy as np
import statsmodels.api as sm
from scipy import optimize, special, stats

out = ["// Made by make_inference_references.py; do not edit.", "", "enum InferenceReferences {"]


def numbers(values):
    return "[" + ", ".join(repr(float(value)) for value in values) + "]"


def table(name, comment, rows):
    out.append(f"  /// {comment}")
    out.append(f"  static let {name}: [[Double]] = [")
    out.extend(f"    {numbers(row)}," for row in rows)
    out.append("  ]")


table("incompleteGamma", "a, x, P(a, x), Q(a, x) (scipy.special.gammainc, gammaincc)",
      [(a, x, special.gammainc(a, x), special.gammaincc(a, x))
       for a in (0.01, 0.5, 1, 3.3, 15.9, 40, 1000, 250000) for x in (a * 1e-3, a * 0.5, a * 0.97, a, a + 1.5, a * 1.05 + 2, a * 1.3 + 20)])
table("chiSquaredQuantile", "degrees of freedom, p, quantile (scipy.stats.chi2.ppf)",
      [(v, p, stats.chi2.ppf(p, v)) for v in (1, 2, 3, 10, 33.5, 500, 20000) for p in (1e-9, 0.001, 0.025, 0.3, 0.5, 0.9, 0.975, 1 - 1e-9)])
table("sigmaInterval", "degrees of freedom, sum of squares, confidence, lower, upper (scipy.stats.chi2)",
      [(v, ss, c, np.sqrt(ss / stats.chi2.ppf((1 + c) / 2, v)), np.sqrt(ss / stats.chi2.ppf((1 - c) / 2, v)))
       for v, ss in ((1, 2e-8), (3, 5.5), (24, 1e-3)) for c in (0.5, 0.95, 0.999)])

# The partial correlation of the pooled groups is the slope's t in a regression with one intercept a group.
rng = np.random.default_rng(7)
studies = []
for sizes, rho in (((6,), 0.0), ((3, 4, 2), 0.6), ((2, 2, 2, 2), -0.5), ((20, 12), 0.3), ((5, 1, 5), 0.98)):
    groups = []
    for size in sizes:
        seed = rng.normal(size=size)
        first = rng.normal() * 5 + 1.5 * (np.sqrt(abs(rho)) * seed + np.sqrt(1 - abs(rho)) * rng.normal(size=size))
        second = rng.normal() * 5 + np.sign(rho or 1) * np.sqrt(abs(rho)) * seed + np.sqrt(1 - abs(rho)) * rng.normal(size=size)
        groups.append((np.round(first, 4), np.round(second, 4)))
    kept = [g for g in groups if len(g[0]) > 1]
    x = np.concatenate([g[0] for g in kept])
    y = np.concatenate([g[1] for g in kept])
    labels = np.concatenate([[i] * len(g[0]) for i, g in enumerate(kept)])
    design = np.column_stack([x] + [(labels == i) * 1.0 for i in range(len(kept))])
    fit = sm.OLS(y, design).fit()
    deviations = [np.concatenate([g[k] - g[k].mean() for g in kept]) for k in (0, 1)]
    r = deviations[0] @ deviations[1] / np.sqrt((deviations[0] @ deviations[0]) * (deviations[1] @ deviations[1]))
    ratio = ((deviations[0] - deviations[1]) ** 2).sum() / sum((d**2).sum() for d in deviations)
    studies.append((groups, r, fit.tvalues[0], fit.pvalues[0], fit.df_resid, ratio))
out.append("  /// Groups of (first, second); r, t, p and degrees of freedom of the slope (statsmodels OLS, an intercept a group); pairing ratio.")
out.append("  static let seedCorrelations: [(groups: [(first: [Double], second: [Double])], expected: [Double])] = [")
for groups, *expected in studies:
    shown = ", ".join(f"({numbers(a)}, {numbers(b)})" for a, b in groups)
    out.append(f"    ([{shown}], {numbers(expected)}),")
out.append("  ]")

# e-LORD of e-GAI, as the paper writes it: alpha_t = omega (alpha - sum_{j<t} alpha_j / (R_{j-1} + 1)) (R_{t-1} + 1).
discoveries = [0, 1, 0, 0, 1, 1, 0, 0, 0, 1]
for name, omega in (("eLORD10", 0.1), ("eLORD50", 0.5)):
    levels, before = [], []
    for t in range(len(discoveries)):
        count = sum(discoveries[:t])
        levels.append(omega * (0.05 - sum(a / (r + 1) for a, r in zip(levels, before))) * (count + 1))
        before.append(count)
    table(name, f"discovery (0 or 1) and level of each test: omega {omega}, alpha 0.05 (the paper's formula)", list(zip(discoveries, levels)))

samples = [([0.31, 0.28, 0.36, 0.30, 0.33], [0.25, 0.27, 0.22, 0.26, 0.30]), ([1.0, 2.0, 4.0], [0.5, 3.5]),
           (list(np.round(rng.normal(1, 2, 15), 3)), list(np.round(rng.normal(0, 1, 11), 3)))]
out.append("  /// Two samples, and the 95 % percentile interval of the difference of means (scipy.stats.bootstrap, 500,000 resamples).")
out.append("  static let bootstraps: [(first: [Double], second: [Double], lower: Double, upper: Double)] = [")
for a, b in samples:
    interval = stats.bootstrap((a, b), lambda x, y, axis: x.mean(axis=axis) - y.mean(axis=axis), n_resamples=500_000, batch=50_000,
                               method="percentile", rng=np.random.default_rng(1)).confidence_interval
    out.append(f"    ({numbers(a)}, {numbers(b)}, {float(interval.low)!r}, {float(interval.high)!r}),")
out.append("  ]")


def curve(c, e, a, x):
    return e + a * c**-x


def scaling(computes, losses, errors):
    """E, A, a and the residual of bounded least squares from many starts, two rungs with E = 0."""
    c, l, s = map(np.asarray, (computes, losses, errors))
    best = None
    for start in (0.01, 0.05, 0.2, 0.5, 1.0):
        if len(c) == 2:
            p, _ = optimize.curve_fit(lambda c, a, x: curve(c, 0, a, x), c, l, p0=(l[0] * c[0]**start, start), sigma=s, xtol=1e-15, ftol=1e-15)
            p = (0.0, *p)
        else:
            p, _ = optimize.curve_fit(curve, c, l, p0=(l.min() * 0.5, (l.max() - l.min() * 0.5) * c[0]**start, start), sigma=s,
                                      bounds=([0, 0, 1e-5], [np.inf, np.inf, 3]), xtol=1e-15, ftol=1e-15, gtol=1e-15, max_nfev=200_000, x_scale="jac")
        residual = (((l - curve(c, *p)) / s) ** 2).sum()
        if best is None or residual < best[1]:
            best = (p, residual)
    return best


curves = [([1.0, 10.0], [3.2, 2.4], [0.01, 0.02]),
          ([1.0, 10.0, 100.0], [3.0, 2.2, 1.8], [0.01, 0.01, 0.01]),
          ([2.0, 7.0, 30.0, 110.0, 500.0], [1.412, 1.171, 1.018, 0.931, 0.884], [0.004, 0.003, 0.005, 0.002, 0.006]),
          ([1.0, 3.0, 9.0, 27.0], [2.00, 1.84, 1.69, 1.56], [0.02, 0.01, 0.01, 0.02]),
          ([1.0, 4.0, 16.0, 64.0], [2.0, 1.8, 1.59, 1.38], [0.01, 0.002, 0.01, 0.01])]
out.append("  /// Computes, losses, standard errors; E, A, a and weighted residual (scipy.optimize.curve_fit, best of five starts).")
out.append("  static let scalings: [(computes: [Double], losses: [Double], errors: [Double], expected: [Double])] = [")
for c, l, s in curves:
    p, residual = scaling(c, l, s)
    out.append(f"    ({numbers(c)}, {numbers(l)}, {numbers(s)}, {numbers([*p, residual])}),")
out.append("  ]")
# The same points again, and the compute at which one curve reaches the other, by root finding.
base, _ = scaling(*curves[2])
champion_points = ([2.0, 7.0, 30.0, 110.0], [1.35, 1.13, 0.985, 0.905], [0.004, 0.004, 0.004, 0.004])
champion, _ = scaling(*champion_points)
table("champion", "compute, loss, standard error of a champion against the third curve", list(zip(*champion_points)))
table("multiplier", "compute, multiplier (scipy.optimize.brentq on the two fits)",
      [(c, optimize.brentq(lambda x: curve(x, *base) - curve(c, *champion), c * 1e-6, c * 1e9, xtol=1e-12, rtol=1e-14) / c) for c in (2.0, 30.0, 110.0)])
out.append("}")
pathlib.Path(__file__).with_name("InferenceReferences.swift").write_text("\n".join(out) + "\n")
