"""Writes the reference figures of the tests, as Swift, to References.swift beside it: python3 make_references.py

Made with SciPy 1.17.1 and mpmath (50 digits) for what SciPy does not have.
"""

import pathlib

import mpmath as mp
import numpy as np
from scipy import integrate, special, stats

mp.mp.dps = 50
out = ["// Made by make_references.py; do not edit.", "", "enum References {"]


def table(name, comment, rows):
    out.append(f"  /// {comment}")
    width = len(rows[0])
    out.append(f"  static let {name}: [[Double]] = [")
    for row in rows:
        assert len(row) == width
        out.append("    [" + ", ".join(repr(float(value)) for value in row) + "],")
    out.append("  ]")


table("normal", "x, pdf, cdf, log cdf (scipy.stats.norm)",
      [(x, stats.norm.pdf(x), stats.norm.cdf(x), stats.norm.logcdf(x)) for x in (-37, -20, -8, -6, -3, -1.5, -0.1, 0, 0.3, 1, 2.5, 6)])
table("normalQuantile", "p, quantile (scipy.stats.norm.ppf)",
      [(p, stats.norm.ppf(p)) for p in (1e-200, 1e-16, 1e-6, 0.001, 0.025, 0.2, 0.5, 0.7, 0.975, 0.9999)])
table("student", "degrees of freedom, t, pdf, cdf (scipy.stats.t)",
      [(v, t, stats.t.pdf(t, v), stats.t.cdf(t, v)) for v in (1, 2, 3, 4.5, 10, 30, 200) for t in (-40, -5, -1, -0.01, 0, 0.7, 2, 6)])
table("studentQuantile", "degrees of freedom, p, quantile (scipy.stats.t.ppf)",
      [(v, p, stats.t.ppf(p, v)) for v in (1, 2, 3, 4.5, 10, 30, 200) for p in (1e-6, 0.01, 0.3, 0.5, 0.9, 0.975, 0.9995)])
table("logGamma", "x, log gamma (scipy.special.gammaln)", [(x, special.gammaln(x)) for x in (0.01, 0.5, 1, 1.5, 3.3, 10, 100.5, 1e6)])
table("incompleteBeta", "x, a, b, I_x(a, b) (scipy.special.betainc)",
      [(x, a, b, special.betainc(a, b, x)) for x in (0.01, 0.3, 0.8, 0.999) for a, b in ((0.5, 0.5), (0.5, 2), (5, 0.5), (20, 30))])


def posterior(scales, nothing, up, down, y, s):
    """Mean, deviation, gain, loss, P(improves) by quadrature of likelihood times prior, 50 digits."""
    y, s = mp.mpf(y), mp.mpf(s)
    like = lambda d: mp.exp(-((y - d) / s) ** 2 / 2) / s
    def half(power, sign, scale):
        f = lambda d: d**power * 2 * mp.npdf(d, 0, scale) * like(sign * d)
        peak = max(mp.mpf(0), sign * y * scale**2 / (scale**2 + s**2))
        width = s * scale / mp.sqrt(s**2 + scale**2)
        # Where the mode is on the other side, the mass near zero decays over the lesser of these two lengths.
        length = min(width, s * s / abs(y)) if y else width
        points = [length * k / 2 for k in range(240)] if peak == 0 else [max(0, peak + k * width) for k in range(-40, 41)]
        return mp.quad(f, sorted(set(map(mp.mpf, points))), maxdegree=5, method="gauss-legendre")
    m = [[mp.mpf(0)] * 3, [mp.mpf(0)] * 3]
    for side, (weights, sign) in enumerate(((up, 1), (down, -1))):
        for weight, scale in zip(weights, scales):
            for power in range(3):
                m[side][power] += mp.mpf(weight) * half(power, sign, mp.mpf(scale))
    total = mp.mpf(nothing) * like(mp.mpf(0)) + m[0][0] + m[1][0]
    gain, loss = m[0][1] / total, m[1][1] / total
    mean = gain - loss
    return mean, mp.sqrt((m[0][2] + m[1][2]) / total - mean**2), gain, loss, m[0][0] / total


scales, nothing, up, down = (0.5, 2.0), 0.3, (0.1, 0.05), (0.4, 0.15)
table("posterior", "estimate, standard error, then mean, deviation, gain, loss, P(improves) by 50-digit quadrature (mpmath)",
      [(y, s, *posterior(scales, nothing, up, down, y, s))
       for y, s in ((0, 1), (0.5, 0.2), (1.5, 1), (-2, 1), (8, 0.5), (-8, 0.5), (3, 4), (0.02, 0.01), (-30, 1))])


def e_value(x, deltas):
    """The mean over delta of the ratio of integrals over u = 1/sigma with the right Haar measure."""
    n, a, b = len(x), sum(mp.mpf(v) ** 2 for v in x), sum(mp.mpf(v) for v in x)
    def integral(d):
        f = lambda u: u ** (n - 1) * mp.exp(-a * u * u / 2 + d * b * u - n * d * d / 2)
        mode = (d * b + mp.sqrt((d * b) ** 2 + 4 * a * (n - 1))) / (2 * a)
        width = 1 / mp.sqrt(a)
        return mp.quad(f, sorted({mp.mpf(0), *(max(mp.mpf(0), mode + k * width) for k in (-20, -6, -2, 0, 2, 6, 20))}))
    return sum(integral(mp.mpf(d)) for d in deltas) / len(deltas) / integral(mp.mpf(0))


samples = [(1.0,), (-0.4,), (1.0, 1.2), (0.3, -0.1, 0.5), (2.9, 3.4, 2.1, 3.3), (2.9, 3.4, 2.1, 3.3, 4.0, 2.2),
           (-1.0, -1.2, -0.7), (0.1, -0.3, 0.2, 0.05, -0.15, 0.4, 0.3, -0.2), tuple(0.5 + 0.1 * ((7 * i) % 5) for i in range(16))]
out.append("  /// Differences, and the e-value by 50-digit quadrature (mpmath), alternatives 0.6, 1.2, 2.4 and 4.8.")
out.append("  static let eValues: [(differences: [Double], eValue: Double)] = [")
for x in samples:
    e = e_value(x, ("0.6", "1.2", "2.4", "4.8"))
    out.append("    ([" + ", ".join(repr(float(v)) for v in x) + f"], {float(e)!r}),")
out.append("  ]")

table("gamma", "t, t^-1.6 / zeta(1.6) (mpmath)", [(t, mp.mpf(t) ** mp.mpf("-1.6") / mp.zeta(mp.mpf("1.6"))) for t in (1, 2, 3, 10, 1000)])
out.append("}")
pathlib.Path(__file__).with_name("References.swift").write_text("\n".join(out) + "\n")
