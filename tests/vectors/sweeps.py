"""Writes sweeps.json: what scipy and statsmodels compute for the methods of crates/statistics that look at a whole sweep.

    python tests/vectors/sweeps.py     (numpy, pandas, scipy, statsmodels)
"""

import itertools
import json
import math
import pathlib

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from scipy import integrate, stats
from statsmodels.stats.anova import anova_lm

random = np.random.default_rng(16)


def ranks():
    rows = [[0.3, 0.1, 0.3, 0.7, 0.3, 0.1], [1.0, 2.0], [5.0], [2.0, 2.0, 2.0]]
    return [[row, stats.rankdata(row).tolist()] for row in rows]


def friedman():
    close = random.normal(size=(7, 4)) + [0, 0.3, 0.6, 1.5]
    tables = [close, np.round(close), random.normal(size=(12, 3)), random.normal(size=(3, 9)) + np.arange(9) / 2]
    cases = []
    for table in tables:
        n, k = table.shape
        test = stats.friedmanchisquare(*table.T)
        f = (n - 1) * test.statistic / (n * (k - 1) - test.statistic)
        mean_ranks = stats.rankdata(table, axis=1).mean(0)
        cases.append(dict(
            blocks=table.tolist(), mean_ranks=mean_ranks.tolist(), chi_square=test.statistic, chi_square_p=test.pvalue,
            p=stats.f.sf(f, k - 1, (k - 1) * (n - 1)),
        ))
    return cases


def studentized_range():
    cumulative, quantiles = [], []
    for k, degrees in ((2, 3), (3, 1), (3, 10), (5, 60), (9, math.inf), (10, 20), (80, math.inf), (40, 8)):
        named = "inf" if math.isinf(degrees) else degrees
        d = 1e6 if math.isinf(degrees) else degrees  # above 1e5, scipy takes the degrees for infinite
        for q in (0.5, 2.0, 3.6, 6.0):
            cumulative.append([q, k, named, stats.studentized_range.cdf(q, k, d)])
        for p in (0.5, 0.9, 0.95, 0.99):
            quantiles.append([p, k, named, stats.studentized_range.ppf(p, k, d)])
    return dict(cumulative=cumulative, quantiles=quantiles)


def nemenyi():
    """The differences of mean ranks that have these p-values; Demšar's table 5 has q = 2.343, 2.850 for k = 3, 6 at 5 %."""
    cases = []
    for k, n in ((3, 14), (6, 10), (2, 5)):
        q = stats.studentized_range.isf(0.05, k, 1e6) / math.sqrt(2)
        error = math.sqrt(k * (k + 1) / (6 * n))
        p = stats.studentized_range.sf(1.1 / error * math.sqrt(2), k, 1e6)
        cases.append(dict(choices=k, blocks=n, critical=q * error, difference=1.1, p=p))
    return cases


def noise():
    """Networks with a known spread: right where offset + network + image + chance > 0, all normal but the offset.

    The true variance of the accuracy over networks is that of the normal distribution function of
    (offset + network) / sqrt(1 + image variance). Each simulated sweep has new images and new networks.
    """
    runs, images, sweeps = 4, 24, 400
    offset, network, image = 0.7, 0.35, 0.8
    accuracy = lambda z: stats.norm.cdf((offset + network * z) / math.sqrt(1 + image**2))
    moment = lambda power: integrate.quad(lambda z: accuracy(z) ** power * stats.norm.pdf(z), -9, 9, epsabs=1e-13)[0]
    truth = moment(2) - moment(1) ** 2
    rows, found = [], []
    for _ in range(sweeps):
        strength = offset + network * random.normal(size=(runs, 1)) + image * random.normal(size=(1, images))
        right = strength + random.normal(size=(runs, images)) > 0
        # By all pairs of different images: the mean covariance over the runs, which is the estimator's definition.
        covariance = np.cov(right.T.astype(float))
        networks = (covariance.sum() - np.trace(covariance)) / (images * (images - 1))
        rows.append([int("".join(map(str, row.astype(int))), 2) for row in right])
        found.append(networks)
    found = np.array(found)
    error = found.std(ddof=1) / math.sqrt(sweeps)
    assert abs(found.mean() - truth) < 3 * error, (found.mean(), truth, error)
    large = [float(np.var(accuracy(random.normal(size=100_000)), ddof=1)), truth]
    assert abs(large[0] / large[1] - 1) < 0.02
    # The first sweeps one by one, all of them for the mean.
    return dict(images=images, truth=truth, sweeps=rows, networks=found[:40].tolist())


def folds():
    cases = []
    for repetitions, folds_ in ((1, 5), (3, 5), (10, 10)):
        results = 0.7 + 0.02 * random.normal(size=repetitions * folds_)
        mean, n = results.mean(), len(results)
        variance = (1 / n + 1 / (folds_ - 1)) * results.var(ddof=1)
        low, high = stats.t.interval(0.95, n - 1, mean, math.sqrt(variance))
        cases.append(dict(results=results.tolist(), folds=folds_, mean=mean, variance=variance, interval=[low, high]))
    return cases


def grid(levels, function, noise, n=1):
    """A table of all cells in row-major order, `n` times each, with the columns a, b, … and y."""
    names = "abcd"[: len(levels)]
    cells = list(itertools.product(*map(range, levels)))
    table = pd.DataFrame([dict(zip(names, cell)) for cell in cells for _ in range(n)])
    table["y"] = [function(*cell) + noise * random.normal() for cell in cells for _ in range(n)]
    return names, table


def anova():
    cases = []
    for levels in ([3, 2, 4], [4, 3], [2, 2, 2, 3], [5]):
        effect = lambda *cell: 0.5 + 0.03 * cell[0] - 0.01 * math.prod(c + 1 for c in cell) / 10
        names, table = grid(levels, effect, 0.01)
        additive = " + ".join(f"C({name})" for name in names)
        total = ((table.y - table.y.mean()) ** 2).sum()
        fit = smf.ols(f"y ~ {additive}", table).fit()
        shares = anova_lm(fit).sum_sq.drop("Residual") / total
        error = [fit.mse_resid, fit.df_resid] if fit.df_resid else None
        cases.append(dict(
            levels=levels, values=table.y.tolist(), variance=total / len(table), axes=shares.tolist(), error=error,
        ))
    return cases


methods = [ranks, friedman, studentized_range, nemenyi, noise, folds, anova]
table = {method.__name__: method() for method in methods}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(table, separators=(",", ":"), default=float, allow_nan=False) + "\n")
print(path, path.stat().st_size)
