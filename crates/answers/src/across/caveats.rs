//! What ranks over experiments cannot say, and what of the table they leave out.

use super::words::listed;
use super::{AcrossExperiments, ChoiceCell, ExperimentColumn};
use crate::image_agreement::{ImageRelation, image_relation};
use crate::metric_format::MetricFormat;
use convsweep_spec::words::counted;
use std::collections::BTreeSet;

/// With fewer experiments, the tests have little power.
const FEW: usize = 10;

impl AcrossExperiments {
    /// What the ranks cannot say, and what the table does not compare.
    pub fn caveats(&self) -> Vec<String> {
        let mut caveats = self.without_result();
        caveats.extend(self.unfinished());
        caveats.extend(self.not_counted());
        caveats.extend(self.missing());
        caveats.extend(self.single_runs());
        caveats.extend(self.different_values());
        if self.ranks.is_some() {
            caveats.extend(self.power());
            caveats.push(
                "Ranks ignore by how much results differ, and how surely: a difference within the \
                 noise of the seeds counts as much as a large one. The table has the sizes, each \
                 experiment's own report says which of them are sure."
                    .into(),
            );
            caveats.extend(self.dependence());
        }
        caveats.extend(self.metrics());
        caveats
    }

    /// Experiments of which no choice has a result.
    fn without_result(&self) -> Vec<String> {
        let mut said = Vec::new();
        for column in self.experiments.iter().filter(|c| c.best.is_none()) {
            let (name, jobs) = (&column.name, counted(column.jobs as u64, "job"));
            said.push(match (column.is_range_test, column.jobs) {
                (true, _) => format!(
                    "{name} is a learning-rate range test, which has no result to compare: leave \
                     it out."
                ),
                (false, 0) => format!("{name} has no jobs: run its file, or leave it out."),
                (false, _) => format!(
                    "{name} has no result ({} of {jobs} ended): `convsweep status {name}` shows \
                     them. Without it, there may be ranks over the others.",
                    column.ended()
                ),
            });
        }
        said
    }

    /// Experiments that have results and go on.
    fn unfinished(&self) -> Option<String> {
        let going_on = |c: &ExperimentColumn| c.waiting > 0 && c.best.is_some();
        let parts = self.counts(going_on, |c| c.ended());
        (!parts.is_empty()).then(|| {
            format!(
                "Not finished: {}. What is not there yet may change every rank; run the file \
                 again to go on.",
                listed(&parts)
            )
        })
    }

    /// Jobs that ended without a result.
    fn not_counted(&self) -> Vec<String> {
        let mut said = Vec::new();
        let failed = self.counts(|c| c.failed > 0, |c| c.failed);
        if !failed.is_empty() {
            said.push(format!(
                "Failed jobs do not count: {}. `convsweep retry NAME` trains them again.",
                listed(&failed)
            ));
        }
        let stopped = self.counts(|c| c.stopped > 0, |c| c.stopped);
        if !stopped.is_empty() {
            said.push(format!(
                "Jobs that a rule stopped do not count: {}. So the choices have unequal numbers of \
                 runs, and those with fewer were behind when they were stopped.",
                listed(&stopped)
            ));
        }
        said
    }

    /// `A (3 of 12 jobs)` for the experiments of a kind.
    fn counts(
        &self,
        is_meant: impl Fn(&ExperimentColumn) -> bool,
        count: impl Fn(&ExperimentColumn) -> usize,
    ) -> Vec<String> {
        let meant = self.experiments.iter().filter(|c| is_meant(c));
        let words = |c: &ExperimentColumn| format!("{} ({} of {} jobs)", c.name, count(c), c.jobs);
        meant.map(words).collect()
    }

    /// Experiments in which some ranked choice has one run only.
    fn single_runs(&self) -> Option<String> {
        let is_single = |cell: &Option<ChoiceCell>| cell.is_some_and(|cell| cell.runs < 2);
        let mut names = Vec::new();
        for (i, column) in self.experiments.iter().enumerate() {
            let mut ranked = self.common_choices().iter();
            if self.ranks.is_some() && ranked.any(|choice| is_single(&choice.cells[i])) {
                names.push(&*column.name);
            }
        }
        (!names.is_empty()).then(|| {
            format!(
                "In {}, choices are ranked by a single run, which another seed may turn round: \
                 `seeds = 3` or more in the file's [experiment] shows how much.",
                listed(&names)
            )
        })
    }

    /// Choices of one name with different values behind it.
    fn different_values(&self) -> Option<String> {
        let different = self.choices.iter().filter(|choice| choice.differs);
        let labels: Vec<&str> = different.map(|choice| choice.label.as_str()).collect();
        (!labels.is_empty()).then(|| {
            format!(
                "Matched by their names, although the values that the files give them differ: {}. \
                 `convsweep compare A:LABEL B:LABEL` shows in what.",
                listed(&labels)
            )
        })
    }

    /// How far mean ranks must be apart, and whether they can be.
    fn power(&self) -> Option<String> {
        let critical = self.critical()?;
        let most = (self.common - 1) as f64;
        let (n, k) = (self.experiments.len(), self.common);
        let distance = format!(
            "With {n} experiments and {k} choices, two mean ranks must be {critical:.2} apart \
             (critical difference at 5 % over all pairs)"
        );
        if critical > most {
            return Some(format!(
                "{distance}, and they can be {most} apart at most: so few experiments cannot show \
                 which of two choices is better, whatever their ranks."
            ));
        }
        Some(match n < FEW {
            true => format!(
                "{distance}: with so few experiments the test finds large differences only."
            ),
            false => format!("{distance}."),
        })
    }

    /// Experiments that are no independent witnesses.
    fn dependence(&self) -> Option<String> {
        let (mut same, mut one_set) = (BTreeSet::new(), BTreeSet::new());
        for (i, a) in self.experiments.iter().enumerate() {
            for b in &self.experiments[i + 1..] {
                match relation(a, b) {
                    Some(ImageRelation::Same) => same.extend([&*a.name, &*b.name]),
                    Some(ImageRelation::OtherSubset | ImageRelation::OtherSplit) => {
                        one_set.extend([&*a.name, &*b.name]);
                    }
                    Some(ImageRelation::OtherSet) | None => {}
                }
            }
        }
        let names = |set: BTreeSet<&str>| listed(&set.into_iter().collect::<Vec<_>>());
        let mut said = Vec::new();
        if !same.is_empty() {
            said.push(format!(
                "{} validate on images that another of them has too",
                names(same)
            ));
        }
        if !one_set.is_empty() {
            said.push(format!("{} take their images from one set", names(one_set)));
        }
        (!said.is_empty()).then(|| {
            format!(
                "{}: such experiments are not independent, and the tests, which count each as a \
                 data set of its own, are too sure.",
                said.join("; ")
            )
        })
    }

    fn metrics(&self) -> Option<String> {
        let names: BTreeSet<String> = self
            .experiments
            .iter()
            .map(|column| MetricFormat::from(&column.metric).words())
            .collect();
        (names.len() > 1).then(|| {
            format!(
                "The experiments are compared by different metrics ({}): each column has its own, \
                 and ranks are taken within a column, so that a choice may rank better by one \
                 metric than by another. The same `metric` in each file's [experiment] avoids it.",
                names.into_iter().collect::<Vec<_>>().join(", ")
            )
        })
    }

    fn missing(&self) -> Option<String> {
        let labels: Vec<&str> = self.left_out().iter().map(|c| c.label.as_str()).collect();
        (!labels.is_empty()).then(|| {
            format!(
                "Without a result in some experiment, and therefore not ranked: {}.",
                listed(&labels)
            )
        })
    }
}

/// How the images of two experiments relate; `None` if one of them has several sets or none.
fn relation(a: &ExperimentColumn, b: &ExperimentColumn) -> Option<ImageRelation> {
    let (x, y) = (a.data.as_ref()?, b.data.as_ref()?);
    let is_known = !a.has_several_sets && !b.has_several_sets;
    is_known.then(|| image_relation((&x.0, &x.1), (&y.0, &y.1)))
}
