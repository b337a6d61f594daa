"""What the axes of the grid do."""

import itertools
import math

import numpy as np
import statsmodels.api as sm

from .methods import Mean, contrast, inf
from .pairs import common_folds, pair_method


class Cell:
    def __init__(self, configuration, i, levels, some_untrained):
        self.i, self.levels, self.mean, self.estimate = i, levels, configuration.mean, None
        self.gains = configuration.gains
        n, expected = configuration.runs, configuration.expected
        if n > 1:
            variance = configuration.all.var(ddof=1) / n
            if some_untrained and expected and expected.variance > variance:
                variance = expected.variance
            self.estimate = Mean(self.mean, variance, n - 1)
        elif expected:
            self.estimate = Mean(self.mean, expected.variance, expected.degrees)


class Axes:
    def __init__(self, sweep, found, some_untrained):
        self.sweep, self.cells, self.most = sweep, {}, inf
        self.labels = [axis["labels"] for axis in sweep.axes]
        for i, configuration in enumerate(found):
            labels = [sweep.label(i, axis) for axis in sweep.axes]
            if configuration.runs and all(label in known for label, known in zip(labels, self.labels)):
                levels = tuple(known.index(label) for label, known in zip(labels, self.labels))
                self.cells.setdefault(levels, Cell(configuration, i, levels, some_untrained))
        self.is_grid = len(self.cells) > 0 and len(self.cells) == math.prod(map(len, self.labels))
        self.basis = "runs" if any(len(c.gains) > 1 for c in self.cells.values()) else "additive-model" if self.assume_additive() else "nothing"

    def grid(self):
        values = np.zeros([len(known) for known in self.labels])
        for levels, cell in self.cells.items():
            values[levels] = cell.mean
        return values

    def assume_additive(self):
        """One run of each: the residual mean square of least squares on dummies of all axes stands in for the variance."""
        if not self.is_grid:
            return False
        cells = list(self.cells.values())
        columns = [[float(c.levels[a] == v) for c in cells] for a, known in enumerate(self.labels) for v in range(1, len(known))]
        y = np.array([c.mean for c in cells])
        fit = sm.OLS(y, np.column_stack([np.ones(len(cells)), *columns])).fit()
        if fit.df_resid <= 0 or np.ptp(y) == 0:
            return False
        self.most = fit.df_resid
        for cell in cells:
            cell.estimate = Mean(cell.mean, fit.mse_resid, fit.df_resid)
        return True

    def shares(self):
        """Functional ANOVA with equal weights: the variance of each axis' means over that of all cells."""
        values = self.grid()
        if len(self.labels) < 2 or not self.is_grid or values.var() == 0:
            return [None] * len(self.labels)
        means = [values.mean(axis=tuple(b for b in range(values.ndim) if b != a)) for a in range(values.ndim)]
        return [mean.var() / values.var() for mean in means]

    def weighted_sum(self, terms, paired=False):
        """The larger one of two variances: of independent cells, and of the same sum seed by seed."""
        keys = [key for key in terms[0][1].gains if all(key in cell.gains for _, cell in terms)]
        sums = np.array([sum(w * cell.gains[key] for w, cell in terms) for key in keys])
        folds = common_folds(self.sweep)
        factor = 1 / len(sums) + (1 / (folds - 1) if folds else 0) if len(sums) else 0
        by_seed = Mean(sums.mean(), sums.var(ddof=1) * factor, len(sums) - 1) if len(sums) > 1 else None
        if paired or folds:
            return by_seed
        total = contrast([(w, cell.estimate) for w, cell in terms])
        if total is None:
            return None
        return Mean(total.mean, max(total.variance, by_seed.variance if by_seed else 0.0), min(total.degrees, self.most))

    def matched(self, changes):
        """For each combination of the other axes' values, the cells with each of the `changes` ({axis: value}); complete ones."""
        rows = []
        for levels, cell in self.cells.items():
            if all(levels[axis] == value for axis, value in changes[0].items()):
                places = [tuple(change.get(axis, value) for axis, value in enumerate(levels)) for change in changes]
                if all(place in self.cells for place in places):
                    rows.append([self.cells[place] for place in places])
        return rows

    def levels(self, axis):
        having = {v: [c.mean for c in self.cells.values() if c.levels[axis] == v] for v in range(len(self.labels[axis]))}
        return {v: (np.mean(means), len(means)) for v, means in having.items() if means}

    def contrasts(self, axis):
        levels, found = self.levels(axis), []
        pairs = list(itertools.combinations(levels, 2))
        if len(levels) > 12:
            best = max(reversed(levels), key=lambda v: levels[v][0])
            pairs = [(best, v) for v in levels if v != best]
        for one, two in pairs:
            rows = self.matched([{axis: one}, {axis: two}])
            if rows:
                paired = all(pair_method(self.sweep, a.i, b.i)[0] != "independent" for a, b in rows)
                terms = [(w / len(rows), cell) for row in rows for w, cell in zip((1, -1), row)]
                test = self.weighted_sum(terms, paired)
                plain = np.mean([a.mean - b.mean for a, b in rows])
                found.append(dict(axis=axis, first=one, second=two, rows=len(rows), test=test, difference=test.mean if test else plain))
        return found

    def trend(self, axis):
        levels, numbers = self.levels(axis), {}
        path = self.sweep.axes[axis]["path"]
        for v in levels:
            value = next((values[path][1] for values in self.sweep.values if values[path][0] == self.labels[axis][v]), None)
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                return None
            numbers[v] = value
        order = sorted(numbers, key=numbers.get)
        if len(order) < 3 or len(set(numbers.values())) < len(order):
            return None
        rows = self.matched([{axis: v} for v in order])
        if not rows:
            return None
        x = np.arange(len(order)) - (len(order) - 1) / 2
        terms = [(w / len(rows), cell) for row in rows for w, cell in zip(x / (x @ x), row)]
        means = np.mean([[cell.mean for cell in row] for row in rows], axis=0)
        step = np.polyfit(np.arange(len(order)), means, 1)[0]
        return step, self.weighted_sum(terms), bool((np.diff(means) >= 0).all() or (np.diff(means) <= 0).all())

    def interaction(self, one, two):
        """The surest interaction of two values each; its p-value is corrected for all combinations."""
        pairs = [list(itertools.combinations(range(len(self.labels[a])), 2)) for a in (one, two)]
        count = len(pairs[0]) * len(pairs[1])
        best = None
        for (start, to), (at, other) in itertools.product(*pairs) if 0 < count <= 3000 else []:
            rows = self.matched([{one: start, two: at}, {one: to, two: at}, {one: start, two: other}, {one: to, two: other}])
            if not rows:
                continue
            test = self.weighted_sum([(w / len(rows), cell) for row in rows for w, cell in zip((-1, 1, 1, -1), row)])
            p = test.p() if test else None
            if p is not None and (best is None or p < best["p"]):
                m = np.mean([[cell.mean for cell in row] for row in rows], axis=0)
                best = dict(p=p, axes=(one, two), values=(start, to), places=[at, other], effects=[m[1] - m[0], m[3] - m[2]], test=test)
        if best:
            best["p"] = min(1.0, best["p"] * count)
        return best
