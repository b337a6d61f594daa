"""Every pair of configurations compared."""

import itertools

import numpy as np

from .methods import Mean, difference, holm


def share_training(sweep, a, b):
    """Whether the runs of a seed have the same training state after the shorter first phase."""

    def beginning(i):
        train = sweep.resolved[i]["train"]
        first = dict(train["phases"][0])
        rest = {key: value for key, value in train.items() if key not in ("phases", "early_stopping", "checkpoint")}
        return first.pop("epochs"), first, rest, {key: value for key, value in sweep.resolved[i].items() if key != "train"}

    (epochs, *first), (other_epochs, *second) = beginning(a), beginning(b)
    lasts = epochs == other_epochs or first[0].get("schedule", {}).get("name") == "constant"
    return sweep.data[a] == sweep.data[b] and first == second and lasts


def common_folds(sweep):
    """Number of folds, if every configuration is cross-validated; the fewest if they differ."""
    schemes = [r["data"]["split"]["scheme"] for r in sweep.resolved]
    folds = [scheme.get("folds") if isinstance(scheme, dict) else None for scheme in schemes]
    return None if None in folds else min(folds)


def pair_method(sweep, a, b):
    folds = common_folds(sweep)
    if share_training(sweep, a, b):
        return "shared-training", folds
    return ("folds", folds) if folds else ("independent", None)


def paired_difference(a, b, folds):
    d = np.array([gain - b.gains[key] for key, gain in a.gains.items() if key in b.gains])
    if len(d) < 2:
        return None
    variance = d.var(ddof=1) if d.std(ddof=1) > 1e-12 * np.abs(d).max() else 0.0
    return Mean(d.mean(), variance * (1 / len(d) + (1 / (folds - 1) if folds else 0)), len(d) - 1)


class Pair:
    def __init__(self, sweep, found, prior, some_untrained, ranked, first, second):
        self.first, self.second, self.a, self.b = first, second, found[ranked[first]], found[ranked[second]]
        a, b = self.a, self.b
        self.method, folds = pair_method(sweep, ranked[first], ranked[second])
        when_trained = difference(a.when_trained, b.when_trained)
        if when_trained:
            when_trained = when_trained.at_most(min(prior.degrees + a.degrees + b.degrees, prior.total))
        result = when_trained if a.always and b.always else difference(a.expected, b.expected)
        if self.method != "independent":
            result = paired_difference(a, b, folds)
        self.tests = [result, when_trained, difference(a.share, b.share)] if some_untrained else [result, None, None]
        self.p, self.corrected, self.beyond = [None] * 3, [None] * 3, None

    def verdict(self, kind):
        test, corrected = self.tests[kind], self.corrected[kind]
        if kind == 0 and self.beyond is not None and self.beyond < 0.05:
            return "equal"
        if corrected is None or corrected >= 0.05 or test.mean == 0:
            return "unknown"
        return "better" if test.mean > 0 else "worse"


def compare_all(sweep, found, prior, some_untrained, ranked):
    pairs = [Pair(sweep, found, prior, some_untrained, ranked, i, j) for i, j in itertools.combinations(range(len(ranked)), 2)]
    for pair in pairs:
        p_values = [test.p() if test else None for test in pair.tests]
        pair.p = [sweep.over_all_looks(p) for p in p_values]
    places = [(pair, kind) for pair in pairs for kind in range(3) if pair.p[kind] is not None]
    for (pair, kind), corrected in zip(places, holm([pair.p[kind] for pair, kind in places])):
        pair.corrected[kind] = corrected
    others = len(ranked) - 1
    lead = [pair for pair in pairs if pair.first == 0]
    if all(p.p[0] is not None and p.tests[0].mean > 0 and p.p[0] * others < 0.05 for p in lead):
        for pair in lead:
            pair.corrected[0] = min(pair.corrected[0], pair.p[0] * others)
    if sweep.margin is not None:
        tested = [(pair, pair.tests[0].p_beyond(sweep.margin)) for pair in pairs if pair.tests[0]]
        tested = [(pair, sweep.over_all_looks(p)) for pair, p in tested if p is not None]
        for (pair, _), corrected in zip(tested, holm([p for _, p in tested])):
            pair.beyond = corrected
    return pairs


def may_be_best(pairs, count):
    possible = [True] * count
    for pair in pairs:
        if pair.p[0] is not None and (pair.p[0] * (count - 1) < 0.05 or pair.corrected[0] < 0.05) and pair.tests[0].mean:
            possible[pair.second if pair.tests[0].mean > 0 else pair.first] = False
    return possible
