"""The raw rows of an experiment: its configurations, jobs and their figures."""

import json
import math
import sys

import numpy as np
from scipy import stats


class Run:
    """A job: its key (seed, fold), how it ended, its figures at the kept epoch, and its evaluations."""

    def __init__(self, database, row, metric):
        self.job, self.outcome = row["job"], row["outcome"]
        self.key = (row["seed"], row["fold"])
        self.figures = {}
        if self.outcome == "finished":
            kept = database.execute("select name, value from metrics where job = ? and epoch = ?", (row["kept_job"], row["kept_epoch"]))
            self.figures = {name: value for name, value in kept if value is not None and math.isfinite(value)}
            self.figures["seconds"] = row["seconds"]
        self.evaluations = {e["part"]: e for e in database.execute("select * from evaluations where job = ?", (self.job,))}
        if self.outcome == "finished" and "test" in self.evaluations:
            for name in ("loss", "accuracy"):
                if self.evaluations["test"][name] is not None:
                    self.figures[f"test_{name}"] = self.evaluations["test"][name]
        self.confusion = {}
        for part, evaluation in self.evaluations.items():
            table = np.zeros((evaluation["classes"], evaluation["classes"]), int)
            for actual, predicted, count in database.execute("select actual, predicted, count from confusion where job = ? and part = ?", (self.job, part)):
                table[actual, predicted] = count
            self.confusion[part] = table
        bits = database.execute("select images, bits from correctness where job = ? and part = 'validation'", (self.job,)).fetchone()
        self.correct = np.unpackbits(np.frombuffer(bits[1], np.uint8), bitorder="little")[: bits[0]] if bits else None
        self.value = self.figures.get(metric)
        self.trained = self.is_trained()

    def is_trained(self):
        """None: the run says nothing. A network that always gives the same answer must be as good with less than 0.001."""
        if self.outcome == "diverged":
            return False
        if self.outcome != "finished" or self.value is None:
            return None
        images = self.confusion["validation"].sum(axis=1) if "validation" in self.confusion else np.zeros(1)
        if images.max() in (0, images.sum()):
            return True
        evaluation = self.evaluations["validation"]
        correct = round(evaluation["accuracy"] * evaluation["images"])
        return stats.binom.sf(correct - 1, evaluation["images"], images.max() / images.sum()) < 1e-3


class Sweep:
    """The newest revision of an experiment."""

    def __init__(self, database, name):
        experiment = database.execute("select * from experiments where experiment = ?", (name,)).fetchone()
        if experiment is None:
            sys.exit(f"no experiment {name} in the database")
        of = (name, experiment["revision"])
        revision = database.execute("select * from revisions where experiment = ? and revision = ?", of).fetchone()
        self.metric, self.sign = experiment["metric"], 1 if experiment["direction"] == "max" else -1
        self.baseline, self.show_test, self.margin = experiment["baseline"], experiment["show_test"], revision["margin"]
        self.axes = json.loads(revision["axes"])
        self.members = database.execute("select * from members natural join configurations where experiment = ? and revision = ? order by position", of).fetchall()
        self.resolved = [json.loads(m["resolved"]) for m in self.members]
        self.data = [m["data_hash"] for m in self.members]
        self.runs, self.values = [], []
        for member in self.members:
            this = (*of, member["configuration"])
            jobs = database.execute("select j.* from member_jobs mj join jobs j on j.job = mj.job where experiment = ? and revision = ? and mj.configuration = ? order by position", this)
            self.runs.append([Run(database, job, self.metric) for job in jobs.fetchall()])
            values = database.execute("select axis, label, json from axis_values where experiment = ? and revision = ? and configuration = ?", this)
            self.values.append({axis: (label, json.loads(value)) for axis, label, value in values})
        looks = "select max(n) from (select count(distinct d.job) n from decisions d join member_jobs mj on mj.experiment = ? and mj.revision = ? and mj.job = d.job where d.experiment = ? and d.rule = 'race' group by mj.configuration)"
        self.race_rounds = database.execute(looks, (*of, name)).fetchone()[0] or 0
        self.looks = max(1, self.race_rounds)
        self.level = 1 - 0.05 / self.looks

    def over_all_looks(self, p):
        """Each look of a race counts as a test of its own (Bonferroni)."""
        return None if p is None else min(1.0, p * self.looks)

    def all_runs(self):
        return [run for runs in self.runs for run in runs]

    def label(self, i, axis):
        return self.values[i].get(axis["path"], (None, None))[0]
