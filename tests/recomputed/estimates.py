"""What the runs of each configuration say."""

import math

import numpy as np

from .methods import Mean, Prior, beta_binomial_shares, inf


class Configuration:
    """What the runs of a configuration say; results are gains (of losses the negative value)."""

    def __init__(self, sweep, runs, diverged_value):
        counted = [(run, diverged_value if run.outcome == "diverged" else run.value) for run in runs if run.trained is not None]
        counted = [(run, value) for run, value in counted if value is not None]
        self.gains = {run.key: sweep.sign * value for run, value in counted}
        self.all = np.array(list(self.gains.values()))
        self.trained = np.array([sweep.sign * value for run, value in counted if run.trained])
        self.untrained = [sweep.sign * value for run, value in counted if not run.trained]
        self.diverged = sum(run.outcome == "diverged" for run, _ in counted)
        self.runs, self.degrees = len(counted), max(0, len(self.trained) - 1)
        self.mean = self.all.mean() if self.runs else None
        self.variance = self.trained.var(ddof=1) if self.degrees else 0.0
        self.always = self.runs == len(self.trained)
        self.share = None

    def moderate(self, prior):
        self.single = prior.squeeze(self.variance, self.degrees)
        known = self.single is not None and len(self.trained)
        self.when_trained = Mean(self.trained.mean(), self.single[0] / len(self.trained), self.single[1]) if known else None
        self.expected = self.when_trained


def constant_answer(metric, images):
    """The metric of a network that answers with the shares of the classes."""
    s = np.sort(images[images > 0] / images.sum())[::-1]
    f1 = 2 * s[0] / (1 + s[0])
    return dict(val_accuracy=s[0], val_loss=-(s * np.log(s)).sum(), val_top5_accuracy=s[:5].sum(), val_macro_precision=s[0] / len(s),
                val_macro_f1=f1 / len(s), val_weighted_f1=s[0] * f1, val_balanced_accuracy=1 / len(s), val_roc_auc=0.5).get(metric)


def diverged_value(sweep):
    for run in sweep.all_runs():
        images = run.confusion["validation"].sum(axis=1) if "validation" in run.confusion else np.zeros(1)
        if images.max() < images.sum():
            value = constant_answer(sweep.metric, images)
            if value is not None:
                return value
            break
    values = [run.value for run in sweep.all_runs() if run.value is not None]
    return sweep.sign * min(sweep.sign * v for v in values) if values else None


def configurations(sweep):
    value = diverged_value(sweep)
    found = [Configuration(sweep, runs, value) for runs in sweep.runs]
    prior = Prior([c.variance for c in found], [c.degrees for c in found])
    for c in found:
        c.moderate(prior)
    untrained = [gain for c in found for gain in c.untrained]
    if untrained:
        chance, means = np.mean(untrained), [c.trained.mean() for c in found if len(c.trained)]
        typical = np.mean(means) if means else chance
        for c, share in zip(found, beta_binomial_shares([(len(c.trained), c.runs) for c in found])):
            c.share, c.expected = share, None
            if c.runs == 0 or (len(c.trained) and c.when_trained is None):
                continue
            m = c.trained.mean() if len(c.trained) else typical
            # s·m + (1 − s)·c as a sum of two parts; the variance of the share is taken as known.
            of_mean = c.when_trained or Mean(m, 0.0, inf)
            parts = share.mean**2 * of_mean.variance, (m - chance) ** 2 * share.variance
            degrees = (sum(parts) / parts[0]) ** 2 * of_mean.degrees if parts[0] > 0 else inf
            c.expected = Mean(share.mean * m + (1 - share.mean) * chance, sum(parts), degrees)
    return found, prior, value, bool(untrained)
