"""Writes share_posterior.json: shares of groups by the hierarchical model of crates/statistics/src/share_posterior.rs.

    python tests/vectors/share_posterior.py     (numpy, scipy)

The model is computed by another way: the beta-binomial likelihood of scipy over the same grid of means and worths, and the
moments of each group's share by those of its beta distributions.
"""

import json
import pathlib

import numpy as np
from scipy import stats

means = 1 / (1 + np.exp(-np.linspace(-4.5, 4.5, 25)))
worths = np.geomspace(0.2, 40, 16)
mean, worth = (grid.ravel() for grid in np.meshgrid(means, worths))
prior = mean * (1 - mean) * worth / (1 + worth) ** 2


def shares(groups):
    log_weight = np.log(prior)
    for successes, trials in groups:
        log_weight = log_weight + stats.betabinom.logpmf(successes, trials, mean * worth, (1 - mean) * worth)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    found = []
    for successes, trials in groups:
        beta = stats.beta(mean * worth + successes, (1 - mean) * worth + trials - successes)
        m = (weight * beta.mean()).sum()
        found.append([m, (weight * (beta.var() + beta.mean() ** 2)).sum() - m * m])
    return found


cases = [
    [[3, 3], [3, 3], [2, 3], [0, 3], [3, 3], [0, 3]],
    [[5, 5], [2, 5], [0, 5], [0, 5]],
    [[1, 1], [0, 2], [7, 8], [3, 3], [0, 0]],
    [[0, 3], [0, 3]],
    [[2, 3]],
]
table = [dict(groups=groups, shares=shares(groups)) for groups in cases]
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text("[\n" + ",\n".join(json.dumps(case) for case in table) + "\n]\n")
