"""Statistical methods by numpy, scipy and statsmodels."""

import math

import numpy as np
from scipy import optimize, special, stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

inf = math.inf


class Mean:
    """A mean, or a sum of means, with its variance and degrees of freedom. Without variance nothing can be tested but equality."""

    def __init__(self, mean, variance, degrees):
        self.mean, self.variance, self.degrees = mean, variance, degrees

    def at_most(self, degrees):
        return Mean(self.mean, self.variance, min(self.degrees, degrees))

    def error(self):
        return math.sqrt(self.variance)

    def p(self):
        if self.variance == 0:
            return 1.0 if self.mean == 0 else None
        return 2 * self.tail(abs(self.mean) / self.error())

    def tail(self, t):
        return stats.norm.sf(t) if self.degrees == inf else stats.t.sf(t, self.degrees)

    def interval(self, level=0.95):
        if self.variance == 0:
            return None
        upper = (1 + level) / 2
        half = (stats.norm.ppf(upper) if self.degrees == inf else stats.t.ppf(upper, self.degrees)) * self.error()
        return self.mean - half, self.mean + half

    def p_beyond(self, margin):
        """Two one-sided tests (Schuirmann 1987)."""
        if self.variance == 0:
            return None
        return max(self.tail((self.mean + margin) / self.error()), self.tail((margin - self.mean) / self.error()))


def contrast(terms):
    """The weighted sum of independent means, with Satterthwaite's degrees; sums of 1e-12 of the largest mean are rounding."""
    if any(mean is None for _, mean in terms):
        return None
    parts = np.array([w * w * m.variance for w, m in terms])
    total, spread = parts.sum(), sum(part**2 / m.degrees for part, (_, m) in zip(parts, terms) if part > 0)
    noise = 1e-12 * max(abs(w * m.mean) for w, m in terms)
    mean = math.fsum(w * m.mean for w, m in terms)
    return Mean(mean if abs(mean) > noise else 0.0, total if math.sqrt(total) > noise else 0.0, total**2 / spread if spread > 0 else inf)


def difference(a, b):
    return contrast([(1, a), (-1, b)])


def trigamma_inverse(y):
    return math.exp(optimize.brentq(lambda x: math.log(special.polygamma(1, math.exp(x)) / y), -40, 40, xtol=1e-15, rtol=1e-15))


class Prior:
    """What the variances of configurations have in common (Smyth 2004, section 6.2), worth at most half of all others' degrees."""

    def __init__(self, variances, degrees):
        d, v = np.array(degrees, float), np.array(variances, float)
        d, v = d[d > 0], v[d > 0]
        self.total = d.sum()
        if len(d) == 0:
            self.variance, self.degrees = 0.0, 0.0
        elif len(d) == 1:
            self.variance, self.degrees = v[0], 0.0
        elif v.max() == 0:
            self.variance, self.degrees = 0.0, inf
        else:
            v = np.maximum(v, 1e-5 * (np.median(v) or np.median(v[v > 0])))
            e = np.log(v) - special.digamma(d / 2) + np.log(d / 2)
            excess = e.var(ddof=1) - special.polygamma(1, d / 2).mean()
            self.degrees = 2 * trigamma_inverse(excess) if excess > 0 else inf
            half = self.degrees / 2
            self.variance = math.exp(e.mean() + special.digamma(half) - math.log(half)) if excess > 0 else v.mean()
        if len(d):
            self.degrees = min(self.degrees, (self.total - d.max()) / 2)

    def squeeze(self, variance, degrees):
        """Variance of single runs with its degrees."""
        together = degrees + self.degrees
        if together <= 0:
            return None
        return (degrees * variance + self.degrees * self.variance) / together, min(together, self.total)


def beta_binomial_shares(groups):
    """Mean and variance of each group's share of (successes, trials): Gelman et al. 2013, 5.3, over a grid of mean and worth."""
    mean, worth = (g.ravel() for g in np.meshgrid(special.expit(np.linspace(-4.5, 4.5, 25)), np.geomspace(0.2, 40, 16)))
    a, b = mean * worth, (1 - mean) * worth
    log = np.log(mean * (1 - mean) * worth / (1 + worth) ** 2) + sum(stats.betabinom.logpmf(k, n, a, b) for k, n in groups)
    weight = np.exp(log - special.logsumexp(log))
    found = []
    for k, n in groups:
        beta = stats.beta(a + k, b + n - k)
        m = weight @ beta.mean()
        found.append(Mean(m, weight @ (beta.var() + (beta.mean() - m) ** 2), inf))
    return found


def more_runs(gap, a, b, alpha):
    """The least number of further runs of each of (runs, variance, degrees) with a power of 0.8 (Cohen 1988)."""

    def power(m):
        d = difference(*(Mean(0, v / (n + m), df + m) for n, v, df in (a, b)))
        t, shift = stats.t.ppf(1 - alpha / 2, d.degrees), abs(gap) / d.error()
        return stats.nct.sf(t, d.degrees, shift) + stats.nct.cdf(-t, d.degrees, shift)

    if gap == 0 or a[1] + b[1] == 0:
        return None
    low, high = -1, 0
    while power(high) < 0.8:
        low, high = high, 2 * high + 1
        if high > 200_000:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power(middle) >= 0.8 else (middle, high)
    return high if high <= 100_000 else None


def holm(p):
    return list(multipletests(p, method="holm")[1]) if len(p) else []


def macro_f1(table):
    hits, both = np.diag(table), table.sum(0) + table.sum(1)
    return (2 * hits / np.maximum(both, 1)).mean()


def mcnemar_p(first, second):
    """McNemar's test: exact below 25 images that differ, else with Edwards' correction, which equal counts do not need."""
    one, other = np.sum(first & ~second), np.sum(second & ~first)
    if one == other:
        return 1.0
    return mcnemar([[0, one], [other, 0]], exact=one + other < 25, correction=True).pvalue


def t_interval(values):
    if len(values) < 2:
        return None, None
    half = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    return np.mean(values) - half, np.mean(values) + half


def sd(values):
    return np.std(values, ddof=1) if len(values) > 1 else None
