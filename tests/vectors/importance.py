"""Writes importance.json: Optuna's FanovaImportanceEvaluator and the exact shares of known functions on sampled points.

    python tests/vectors/importance.py     (numpy, optuna, scikit-learn)

Forests differ by their draws, and one-hot categories are split one at a time there: the means over twenty of Optuna's
seeds are kept with their spread. Points and noise are made up.
"""

import json
import pathlib

import numpy as np
import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.importance import FanovaImportanceEvaluator

optuna.logging.set_verbosity(optuna.logging.ERROR)
SEEDS = 20


def mixed(rate, width, optimizer, dropout):
    """A best rate that depends on the optimizer (an interaction), wider is better, and dropout does nothing."""
    best = np.array([-2.5, -1.5, -3.0])[optimizer]
    return 0.8 - 0.06 * (rate - best) ** 2 + np.array([0, 0.05, 0.08, 0.09])[width] + np.array([0, 0.02, 0.01])[optimizer]


def smooth(a, b, c):
    return a + 2 * b + 3 * c + 2 * a * b


TABLES = {
    "mixed": (mixed, [(-4.0, -1.0), 4, 3, (0.0, 0.5)], 120, 0.005),
    "few points": (mixed, [(-4.0, -1.0), 4, 3, (0.0, 0.5)], 40, 0.005),
    "smooth": (smooth, [(0.0, 1.0)] * 3, 100, 0.02),
    "noise only": (lambda a, b: 0 * a + 0 * b, [(0.0, 1.0), 5], 60, 0.01),
}


def draw(domain, n, random):
    return random.integers(domain, size=n) if isinstance(domain, int) else random.uniform(*domain, size=n)


def exact_shares(function, domains):
    """Shares of each axis alone by the means over a fine complete grid."""
    axes = [np.arange(d) if isinstance(d, int) else d[0] + (np.arange(60) + 0.5) / 60 * (d[1] - d[0]) for d in domains]
    values = function(*np.meshgrid(*axes, indexing="ij"))
    everyone = set(range(len(axes)))
    variance = lambda kept: values.mean(axis=tuple(everyone - set(kept))).var()
    main = [variance([axis]) for axis in everyone]
    return (np.array(main) / values.var()).tolist()


def optuna_shares(domains, points, values):
    distributions = {
        f"x{i}": CategoricalDistribution(list(range(d))) if isinstance(d, int) else FloatDistribution(*d) for i, d in enumerate(domains)
    }
    study = optuna.create_study(direction="maximize")
    for point, value in zip(points, values):
        parameters = {f"x{i}": int(v) if isinstance(domains[i], int) else float(v) for i, v in enumerate(point)}
        study.add_trial(optuna.trial.create_trial(params=parameters, distributions=distributions, value=float(value)))
    rows = []
    for seed in range(SEEDS):
        found = FanovaImportanceEvaluator(seed=seed).evaluate(study)
        rows.append([found[f"x{i}"] for i in range(len(domains))])
    return np.mean(rows, 0).tolist(), np.std(rows, 0, ddof=1).tolist()


cases = []
for number, (name, (function, domains, n, noise)) in enumerate(TABLES.items()):
    random = np.random.default_rng(number)
    columns = [draw(d, n, random) for d in domains]
    values = np.round(function(*columns) + noise * random.normal(size=n), 6)
    points = np.round(np.array(columns, float).T, 6)
    mean, deviation = optuna_shares(domains, points, values)
    main = exact_shares(function, domains) if name != "noise only" else None
    print(name, "optuna", np.round(mean, 3), "+-", np.round(deviation, 3), "exact", main and np.round(main, 3))
    cases.append(dict(
        name=name, domains=domains, points=points.tolist(), values=values.tolist(),
        optuna=mean, optuna_deviation=deviation, exact=main,
    ))
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(cases, separators=(",", ":"), default=float, allow_nan=False) + "\n")
print(path, path.stat().st_size)
