"""Writes statistics.json: what scipy, statsmodels and R's limma compute for the methods of crates/statistics.

    python tests/vectors/statistics.py     (numpy, scipy, statsmodels, mpmath; Rscript with limma)

What none of them has follows its formula in high precision or by another way of computing it, as said at each case.
"""

import json
import math
import pathlib
import subprocess

import mpmath as mp
import numpy as np
from scipy import special, stats
from statsmodels.stats import contingency_tables, multitest, power, weightstats

mp.mp.dps = 25
random = np.random.default_rng(16)


def finite(value):
    return "inf" if math.isinf(value) else float(value)


def student_t():
    cases = []
    for degrees in (0.7, 1, 2, 3.5, 12, 100, 999, 1001, 25_000, 1e7, math.inf):
        t = stats.norm if math.isinf(degrees) else stats.t(degrees)
        tails = [[x, t.sf(x)] for x in (-3.0, -0.2, 0.0, 0.01, 1.3, 4.7, 9.0)]
        quantiles = [[p, t.ppf(p)] for p in (0.001, 0.05, 0.4, 0.5, 0.6, 0.9, 0.95, 0.975, 0.9995)]
        cases.append(dict(degrees=finite(degrees), tails=tails, quantiles=quantiles))
    return cases


def polygamma():
    x = [0.01, 0.5, 1.0, 1.5, 3.0, 14.9, 15.1, 400.0, 1e5]
    inverses = limma([f'cat(sprintf("%.17g\\n", trigammaInverse(c({",".join(map(str, x))}))), sep="")'])
    return [dict(x=a, digamma=special.digamma(a), trigamma=special.polygamma(1, a), trigamma_inverse=b) for a, b in zip(x, inverses)]


def limma(lines):
    """The numbers that R prints for `lines`, one a line."""
    code = "\n".join(["suppressPackageStartupMessages(library(limma))", *lines])
    printed = subprocess.run(["Rscript", "-e", code], check=True, capture_output=True, text=True).stdout
    return [float(number) for number in printed.split()]


def moderated():
    spread = random.chisquare(3, 12) * np.exp(random.normal(0, 1.0, 12)) * 1e-4
    sweeps = {
        "unlike variances": (spread, [2] * 12),
        "unequal degrees": (spread, [1, 2, 3, 4, 5, 1, 2, 3, 4, 9, 2.5, 7]),
        "equal variances": (np.array([4, 5, 6, 5.0]) * 1e-4, [4, 3, 4, 2]),
        "some zero": (np.array([0, 3e-4, 5e-3, 1e-3, 0, 2e-4]), [2, 2, 2, 3, 2, 2]),
        "two": (np.array([1e-5, 3e-2]), [2, 2]),
        "one": (np.array([3e-4]), [2]),
        "single runs left out": (np.array([1e-4, 0, 2e-2, 4e-4, 0]), [3, 0, 2, 2, 0]),
    }
    cases = []
    for name, (variances, degrees) in sweeps.items():
        vector = lambda values: f"c({','.join(map(repr, map(float, values)))})"
        numbers = limma([
            f"v <- {vector(variances)}; d <- {vector(degrees)}; fit <- suppressWarnings(fitFDist(v, d))",
            'cat(sprintf("%.17g\\n", c(fit$scale, fit$df2, suppressWarnings(squeezeVar(v, d))$var.post)), sep="")',
        ])
        total = sum(degrees)
        prior_degrees = numbers[1]
        cases.append(dict(
            name=name,
            variances=[float(v) for v in variances],
            degrees=degrees,
            prior=[numbers[0], finite(prior_degrees)],
            squeezed=[[v, min(d + prior_degrees, total)] for v, d in zip(numbers[2:], degrees)],
        ))
    return cases


def welch():
    cases = []
    for n, m, scale in ((3, 3, 1.0), (5, 2, 4.0), (8, 5, 0.1), (40, 3, 10.0)):
        a, b = random.normal(0.71, 0.01, n), random.normal(0.70, 0.01 * scale, m)
        test = stats.ttest_ind(a, b, equal_var=False)
        wide = test.confidence_interval(0.95)
        narrow = test.confidence_interval(0.5)
        means = weightstats.CompareMeans(weightstats.DescrStatsW(a), weightstats.DescrStatsW(b))
        margin = 0.02
        cases.append(dict(
            a=[a.mean(), a.var(ddof=1), n], b=[b.mean(), b.var(ddof=1), m],
            difference=a.mean() - b.mean(), standard_error=means.std_meandiff_separatevar, degrees=test.df,
            p=test.pvalue, greater=stats.ttest_ind(a, b, equal_var=False, alternative="greater").pvalue,
            less=stats.ttest_ind(a, b, equal_var=False, alternative="less").pvalue,
            interval=list(wide), half=list(narrow),
            margin=margin, equivalence=means.ttost_ind(-margin, margin, usevar="unequal")[0],
        ))
    return cases


def noncentral_t():
    cases = []
    for degrees in (0.5, 1, 2, 4.3, 20, 300, 20_000):
        for noncentrality in (-2.0, 0.0, 0.5, 3.0):
            for t in (-1.0, 0.3, 2.5, 7.0):
                cases.append([t, degrees, noncentrality, noncentral_tail(t, degrees, noncentrality)])
    return cases


def noncentral_tail(t, degrees, noncentrality):
    """By integration over the logarithm of the spread at 25 digits; scipy's nct loses digits in some tails."""
    half = mp.mpf(degrees) / 2
    constant = mp.log(2) + half * mp.log(half) - mp.loggamma(half)
    density = lambda y: mp.exp(constant + degrees * y - half * mp.exp(2 * y))
    f = lambda y: mp.erfc((t * mp.exp(y) - noncentrality) / mp.sqrt(2)) / 2 * density(y)
    width = 1 / mp.sqrt(2 * degrees)
    bounds = [min(-60 / degrees, -10 * width), *(width * k for k in (-7, -4, -2, -1, 0, 0.5, 1, 2, 4, 9))]
    value = float(mp.quad(f, sorted(bounds)))
    with np.errstate(all="ignore"):
        other = stats.nct.sf(t, degrees, noncentrality)
    assert not np.isfinite(other) or abs(value - other) < 1e-8, (t, degrees, noncentrality, value, other)
    return value


def sample_size():
    cases = []
    equal = power.TTestIndPower()
    for n, effect in ((3, 0.4), (3, 1.5), (5, 0.9), (2, 6.0)):
        sd = 0.013
        more = next(k for k in range(10_000) if equal.power(effect, n + k, 0.05) >= 0.8)
        cases.append(dict(
            a=[n, sd**2, n - 1], b=[n, sd**2, n - 1], difference=effect * sd,
            power=equal.power(effect, n, 0.05), more=more,
        ))
    # Unequal: Satterthwaite's degrees in the formula, with scipy's noncentral t.
    for (n, v, d), (m, w, e), difference in (((3, 1e-4, 6.2), (5, 9e-4, 8.2), 0.015), ((1, 4e-4, 4.5), (3, 1e-4, 6.5), 0.03)):
        def found(more):
            x, y = v / (n + more), w / (m + more)
            degrees = (x + y) ** 2 / (x**2 / (d + more) + y**2 / (e + more))
            delta, critical = difference / math.sqrt(x + y), stats.t.ppf(0.975, degrees)
            return stats.nct.sf(critical, degrees, delta) + stats.nct.cdf(-critical, degrees, delta)
        more = next(k for k in range(10_000) if found(k) >= 0.8)
        cases.append(dict(a=[n, v, d], b=[m, w, e], difference=difference, power=found(0), more=more))
    return cases


def binomial():
    tails = []
    for n, share in ((3, 0.9), (40, 0.02), (2_000, 0.5), (60_000, 0.93)):
        for k in sorted({0, 1, int(n * share) - 2, int(n * share * 1.01), int(n * share * 0.99), n}):
            if 0 <= k <= n:
                tails.append([k, n, share, stats.binom.sf(k - 1, n, share)])
    return tails


def share_posterior():
    """The hierarchical model on the grid that is documented, and on one fifty times as fine over the same box."""
    sweeps = [[(3, 3)] * 9, [(0, 3), (3, 3), (2, 3), (3, 3)], [(2, 5)], [(0, 3)] * 2 + [(3, 3)] * 30, [(5, 8), (1, 8), (8, 8), (0, 0)]]
    return [dict(groups=groups, grid=posterior(groups, 25, 16), fine=posterior(groups, 1201, 751)) for groups in sweeps]


def posterior(groups, means, worths):
    """Mean and variance of the share of each group, all points of the grid at once."""
    mean = special.expit(np.linspace(-4.5, 4.5, means))[None, :]
    worth = np.exp(np.linspace(np.log(0.2), np.log(40), worths))[:, None]
    a, b = mean * worth, (1 - mean) * worth
    log_weight = np.log(mean * (1 - mean) * worth / (1 + worth) ** 2)
    for k, n in groups:
        log_weight = log_weight + special.betaln(a + k, b + n - k) - special.betaln(a, b)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    found = []
    for k, n in groups:
        of_group = stats.beta(a + k, b + n - k)
        centre = (weight * of_group.mean()).sum()
        found.append([centre, (weight * (of_group.var() + (of_group.mean() - centre) ** 2)).sum()])
    return found


def sample():
    cases = []
    for n in (2, 3, 5, 40, 2_000):
        values = np.round(random.normal(0.7, 0.02, n), 3)
        error = values.std(ddof=1) / math.sqrt(n)
        cases.append(dict(
            values=values.tolist() if n < 100 else None, n=n, mean=values.mean(), sd=values.std(ddof=1), interval=stats.t.interval(0.95, n - 1, values.mean(), error),
            p=stats.ttest_1samp(values - 0.69, 0).pvalue, quantile=stats.t.ppf(0.975, n - 1), one_sided=stats.t.ppf(0.95, n - 1),
        ))
    return cases


def mcnemar():
    pairs = [(7, 15), (3, 0), (10, 10), (0, 12), (12, 12), (13, 12), (60, 35), (0, 0), (900, 1_100), (1, 400)]
    return [[a, b, contingency_tables.mcnemar([[0, a], [b, 0]], exact=a + b < 25).pvalue if a + b else 1.0] for a, b in pairs]


def holm():
    tests = [[0.01, 0.04, 0.03, 0.005, 0.5], [0.02, 0.02, 0.9], [1e-9]]
    return [[p, list(multitest.multipletests(p, method="holm")[1])] for p in tests]


methods = [student_t, polygamma, moderated, welch, noncentral_t, sample_size, binomial, share_posterior, sample, mcnemar, holm]
table = {method.__name__: method() for method in methods}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(table, separators=(",", ":"), default=float, allow_nan=False) + "\n")
print(path, path.stat().st_size)
