"""The rows and files that the program should have written."""

import itertools
import sys

import numpy as np
from scipy import stats

from .axes import Axes
from .estimates import configurations
from .methods import Mean, contrast, holm, macro_f1, mcnemar_p, more_runs, sd, t_interval
from .pairs import common_folds, compare_all, may_be_best
from .raw_rows import Sweep


def ends(sign, interval):
    return (None, None) if interval is None else sorted(sign * end for end in interval)


class Expected:
    def __init__(self, database, name):
        self.name, self.sweep = name, Sweep(database, name)
        sweep = self.sweep
        self.found, prior, self.diverged_value, self.some_untrained = configurations(sweep)
        with_result = [i for i, c in enumerate(self.found) if c.runs]
        self.ranked = sorted(with_result, key=lambda i: (-self.found[i].mean, i))
        if len(self.ranked) > 2000:
            sys.exit("more than 2,000 configurations: only some pairs are tested, which this script does not do")
        self.pairs = compare_all(sweep, self.found, prior, self.some_untrained, self.ranked)
        self.possible = may_be_best(self.pairs, len(self.ranked))
        self.axes = Axes(sweep, self.found, self.some_untrained)
        self.tables = dict(answers=self.answers(), standings=self.standings(), verdicts=self.verdicts(), summary=self.summary(),
                           interactions=self.interactions(), leaderboard=self.leaderboard(), per_class=self.per_class())
        self.tables.update(self.axis_tables())

    def member(self, i):
        return self.sweep.members[i]

    def answers(self):
        sweep, runs = self.sweep, self.sweep.all_runs()
        folds, seeds = any(run.key[1] is not None for run in runs), {run.key[0] for run in runs}
        row = dict(pairs_tested=len(self.pairs), margin=sweep.margin, some_do_not_train=self.some_untrained, jobs=len(runs),
                   unit="seed" if not folds else "fold" if len(seeds) == 1 else "run", race_rounds=sweep.race_rounds,
                   finished=sum(run.outcome == "finished" for run in runs),
                   diverged_value=self.diverged_value if any(c.diverged for c in self.found) else None)
        return [row | self.noise() | self.optimism()]

    def noise(self):
        """Jordan 2023: the spread between the best configuration's runs, and how much of it is the finite set."""
        names = ["noise_runs", "noise_images", "noise_total", "noise_networks", "noise_finite_set"]
        runs = self.sweep.runs[self.ranked[0]] if self.ranked else []
        correct = [run.correct for run in runs if run.correct is not None and run.outcome == "finished" and run.key[1] == runs[0].key[1]][:200]
        if len(correct) < 2 or len({len(c) for c in correct}) > 1:
            return dict.fromkeys(names)
        table = np.array(correct, float)
        n, total, q = table.shape[1], table.mean(axis=1).var(ddof=1), table.var(axis=0, ddof=1).mean()
        networks = (n * total - q) / (n - 1)
        return dict(zip(names, [len(table), n, *np.sqrt(np.maximum(0, [total, networks, total - networks]))]))

    def optimism(self):
        """Cross-fitting (Varma and Simon 2006): chosen by all seeds but one, compared with the one left out."""
        names = ["optimism", "optimism_seeds", "optimism_configurations"]
        keys = list(self.found[self.ranked[0]].gains) if self.ranked else []
        full = [self.found[i].gains for i in self.ranked if all(key in self.found[i].gains for key in keys)]
        if len(full) < 2 or len(keys) < 3:
            return dict.fromkeys(names)
        table = np.array([[gains[key] for key in keys] for gains in full])
        rest = (table.sum(axis=1, keepdims=True) - table) / (len(keys) - 1)
        chosen = rest.argmax(axis=0)
        flattered = np.mean([rest[c, k] - table[c, k] for k, c in enumerate(chosen)])
        return dict(zip(names, [max(0.0, flattered), len(keys), len(full)]))

    def standings(self):
        sweep, rows = self.sweep, []
        verdicts = [(pair, pair.verdict(0)) for pair in self.pairs]
        won = [(p.first, p.second) if v == "better" else (p.second, p.first) for p, v in verdicts if v in ("better", "worse")]
        for i, c in enumerate(self.found):
            row = dict(configuration=self.member(i)["configuration"], label=self.member(i)["label"], jobs=len(sweep.runs[i]),
                       baseline=self.member(i)["configuration"] == sweep.baseline, runs=c.runs, trained=len(c.trained), diverged=c.diverged)
            if i in self.ranked:
                rank = self.ranked.index(i)
                mean = c.when_trained if c.always else c.expected
                folds = common_folds(sweep)
                if mean and folds:
                    mean = Mean(mean.mean, mean.variance * (1 + c.runs / (folds - 1)), mean.degrees)
                low, high = ends(sweep.sign, contrast([(1, mean)]).interval(sweep.level) if mean else None)
                row |= dict(rank=rank + 1, mean=sweep.sign * c.mean, sd=sd(c.all), low=low, high=high, trained_sd=sd(c.trained),
                            trained_mean=sweep.sign * c.trained.mean() if len(c.trained) else None, may_be_best=self.possible[rank],
                            beats=sum(rank == w for w, _ in won), beaten_by=sum(rank == loser for _, loser in won))
            else:
                outcomes = [run.outcome for run in sweep.runs[i]]
                stopped, waiting, finished = (sum(o in of for o in outcomes) for of in (("stopped",), (None, "cancelled"), ("finished",)))
                failed = len(outcomes) - stopped - waiting - finished
                row |= dict(rank=None, may_be_best=0, beats=0, beaten_by=0, stopped=stopped, failed=failed, without_metric=finished)
            rows.append(row)
        return rows

    def verdicts(self):
        sweep, rows = self.sweep, []
        open_tests = sum(corrected is not None and corrected >= 0.05 for pair in self.pairs for corrected in pair.corrected)
        baseline = [r for r, i in enumerate(self.ranked) if self.member(i)["configuration"] == sweep.baseline]
        for pair in self.pairs:
            if len(self.ranked) > 100 and pair.first != 0 and not {pair.first, pair.second} & set(baseline):
                continue
            row = dict(method=pair.method, first_runs=pair.a.runs, second_runs=pair.b.runs, beyond_margin=pair.beyond, more_runs=None)
            for which in ("first", "second"):
                rank = getattr(pair, which)
                member = self.member(self.ranked[rank])
                row |= {which: member["configuration"], f"{which}_label": member["label"], f"{which}_rank": rank + 1}
            for kind, prefix in enumerate(("", "trained_", "share_")):
                test, sign = pair.tests[kind], 1 if kind == 2 else sweep.sign
                if test:
                    low, high = ends(sign, test.interval(sweep.level))
                    values = [pair.verdict(kind), sign * test.mean, low, high, pair.p[kind], pair.corrected[kind]]
                else:
                    values = [None] * 6 if kind else ["unknown", sign * (pair.a.mean - pair.b.mean), *[None] * 4]
                row |= {prefix + column: value for column, value in zip(("verdict", "difference", "low", "high", "p", "corrected"), values)}
            if row["verdict"] == "unknown" and pair.method == "independent" and not self.some_untrained and pair.tests[0] and pair.a.single and pair.b.single:
                row["more_runs"] = more_runs(pair.tests[0].mean, (pair.a.runs, *pair.a.single), (pair.b.runs, *pair.b.single), 0.05 / max(1, open_tests))
            rows.append(row)
        return rows

    def axis_tables(self):
        axes, sweep, summaries, means, effects = self.axes, self.sweep, [], [], []
        shares = axes.shares()
        present = [a for a in range(len(sweep.axes)) if len(axes.levels(a)) > 1]
        contrasts = [c for a in present for c in axes.contrasts(a)]
        tested = [(c, sweep.over_all_looks(c["test"].p())) for c in contrasts if c["test"] and c["test"].p() is not None]
        for (c, p), corrected in zip(tested, holm([p for _, p in tested])):
            c |= dict(p=p, corrected=corrected)
        for a in present:
            path, name = sweep.axes[a]["path"], sweep.axes[a]["name"]
            largest = max((abs(c["difference"]) for c in contrasts if c["axis"] == a), default=0.0)
            step, test, monotone = axes.trend(a) or (None, None, None)
            low, high = ends(sweep.sign, test.interval(sweep.level) if test else None)
            summaries.append(dict(axis=path, name=name, basis=axes.basis, share=shares[a], step=None if step is None else sweep.sign * step, step_low=low,
                                  step_high=high, step_p=sweep.over_all_looks(test.p()) if test else None, monotone=monotone, size=(-largest, -(shares[a] or 0.0))))
            for position, (v, (mean, count)) in enumerate(axes.levels(a).items()):
                means.append(dict(axis=path, label=axes.labels[a][v], position=position, mean=sweep.sign * mean, configurations=count))
        for position, row in enumerate(sorted(summaries, key=lambda row: row.pop("size"))):
            row["position"] = position
        for c in contrasts:
            corrected, labels = c.get("corrected"), axes.labels[c["axis"]]
            low, high = ends(sweep.sign, c["test"].interval(sweep.level) if c["test"] else None)
            is_open = axes.basis != "runs" or corrected is None or corrected >= 0.05
            verdict = "unknown" if is_open else "better" if c["difference"] > 0 else "worse"
            effects.append(dict(axis=sweep.axes[c["axis"]]["path"], first=labels[c["first"]], second=labels[c["second"]], combinations=c["rows"],
                                verdict=verdict, difference=sweep.sign * c["difference"], low=low, high=high, p=c.get("p"), corrected=corrected))
        if len(sweep.axes) == 1 and present:
            effects = self.only_axis()
        return dict(axis_summary=summaries, axis_means=means, effects=effects)

    def only_axis(self):
        """The values of the only axis are the configurations: their comparisons are those of the pairs."""
        path, rows = self.sweep.axes[0]["path"], []
        labels = {member["configuration"]: self.sweep.label(i, self.sweep.axes[0]) for i, member in enumerate(self.sweep.members)}
        for row in self.verdicts():
            kept = {column: row[column] for column in ("verdict", "difference", "low", "high", "p", "corrected")}
            rows.append(dict(axis=path, first=labels[row["first"]], second=labels[row["second"]], combinations=1) | kept)
        return rows

    def interactions(self):
        sweep, rows = self.sweep, []
        found = [self.axes.interaction(a, b) for a, b in itertools.combinations(range(len(sweep.axes)), 2)]
        found = [one for one in found if one]
        for one, corrected in zip(found, holm([one["p"] for one in found])):
            corrected = sweep.over_all_looks(corrected)
            if corrected >= 0.05:
                continue
            (first, second), (start, to), (at, other), (larger, smaller) = one["axes"], one["values"], one["places"], one["effects"]
            sign = sweep.sign
            if abs(larger) < abs(smaller):
                at, other, larger, smaller, sign = other, at, smaller, larger, -sign
            low, high = ends(sign, one["test"].interval(sweep.level))
            labels = self.axes.labels
            rows.append(dict(first_axis=sweep.axes[first]["name"], second_axis=sweep.axes[second]["name"], first_from=labels[first][start],
                             first_to=labels[first][to], larger_at=labels[second][at], smaller_at=labels[second][other], larger=sweep.sign * larger,
                             smaller=sweep.sign * smaller, difference=sign * one["test"].mean, low=low, high=high, corrected=corrected))
        rows.sort(key=lambda row: -abs(row["difference"]))
        return [row | dict(position=position) for position, row in enumerate(rows)]

    def samples(self, i):
        """Each figure over the finished jobs of a configuration."""
        figures = {}
        for run in self.sweep.runs[i]:
            for name, value in run.figures.items():
                figures.setdefault(name, []).append(value)
        return figures

    def summary(self):
        rows = []
        for i, member in enumerate(self.sweep.members):
            for name, values in self.samples(i).items():
                low, high = t_interval(values)
                rows.append(dict(configuration=member["configuration"], metric=name, n=len(values), mean=np.mean(values), sd=sd(values), low=low, high=high))
        return rows

    def order(self):
        return self.ranked + [i for i in range(len(self.found)) if i not in self.ranked]

    def shows_test(self, i):
        return self.sweep.show_test or self.member(i)["configuration"] == self.sweep.baseline or i == (self.ranked or [None])[0]

    def leaderboard(self):
        standings, rows = self.standings(), []
        for rank, i in enumerate(self.order()):
            standing, member, samples = standings[i], self.member(i), self.samples(i)
            row = {column: standing.get(column) for column in ("configuration", "label", "mean", "sd", "low", "high", "trained", "runs", "may_be_best", "baseline", "jobs")}
            test = samples.get("test_accuracy") if self.shows_test(i) else None
            rows.append(row | dict(rank=rank + 1, metric=self.sweep.metric, n=len(samples.get(self.sweep.metric, [])), parameters=member["parameters"], macs=member["macs"],
                                   seconds=np.mean(samples["seconds"]) if "seconds" in samples else None, test_accuracy=np.mean(test) if test else None))
        return rows

    def per_class(self):
        rows = []
        for run in self.sweep.all_runs():
            for part, table in run.confusion.items():
                for k, (support, predicted, hits) in enumerate(zip(table.sum(1), table.sum(0), np.diag(table))):
                    rows.append(dict(job=run.job, part=part, **{"class": k}, support=support, predicted=predicted, correct=hits, precision=hits / predicted if predicted else None,
                                     recall=hits / support if support else None, f1=stats.hmean([hits / support, hits / predicted]) if hits else None if support + predicted == 0 else 0.0))
        return rows

    # The files of the report.

    def leaderboard_csv(self):
        metric, rows = self.sweep.metric, []
        for row, i in zip(self.leaderboard(), self.order()):
            test, c = self.samples(i).get("test_accuracy") if self.shows_test(i) else None, self.found[i]
            line = {"rank": row["rank"] if c.runs else None, "configuration": row["label"], "id": row["configuration"], "n": c.runs, "jobs": row["jobs"]}
            line |= {axis["path"]: self.sweep.label(i, axis) for axis in self.sweep.axes}
            line |= {f"{metric}_{to}": row[column] for column, to in dict(mean="mean", sd="sd", low="ci95_low", high="ci95_high").items()}
            rows.append(line | dict(test_accuracy_mean=np.mean(test) if test else None, test_accuracy_sd=sd(test) if test else None,
                                    parameters=row["parameters"], macs=row["macs"], seconds_mean=row["seconds"]))
        return rows

    def comparisons_csv(self):
        runs = {member["configuration"]: {run.key: run for run in self.sweep.runs[i]} for i, member in enumerate(self.sweep.members)}
        rows = []
        for row in self.verdicts():
            p_values, others = [], runs[row["second"]]
            for key, run in runs[row["first"]].items():
                other = others.get(key)
                if other and run.value is not None and other.value is not None and run.correct is not None and other.correct is not None:
                    p_values.append(mcnemar_p(run.correct.astype(bool), other.correct.astype(bool)))
            line = {column: row[column] for column in ("verdict", "method", "first_runs", "second_runs", "difference", "p", "more_runs")}
            rows.append(line | dict(first=row["first_label"], second=row["second_label"], ci95_low=row["low"], ci95_high=row["high"], p_holm=row["corrected"], mcnemar_p=p_values))
        return rows

    def evaluations_csv(self):
        rows = []
        for i, member in enumerate(self.sweep.members):
            for run in self.sweep.runs[i]:
                for part, evaluation in run.evaluations.items():
                    if part == "validation" or self.shows_test(i):
                        rows.append(dict(configuration=member["label"], job=run.job, seed=run.key[0], fold=run.key[1], outcome=run.outcome, part=part, images=evaluation["images"],
                                         loss=evaluation["loss"], accuracy=np.trace(run.confusion[part]) / evaluation["images"], macro_f1=macro_f1(run.confusion[part])))
        return rows
