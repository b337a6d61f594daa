//! The same choices over several experiments: a table of their results, and their mean ranks
//! (Demšar 2006, "Statistical Comparisons of Classifiers over Multiple Data Sets", Journal of
//! Machine Learning Research 7).

mod caveats;
mod choices;
mod ranking;
mod words;

pub use choices::{ChoiceCell, ChoiceRow, ExperimentColumn};
pub use ranking::MeanRanks;

use crate::answers::Answers;
use crate::results::SweepResults;

/// The same choices over several experiments.
#[derive(Clone, Debug, PartialEq)]
pub struct AcrossExperiments {
    /// The experiments, in the order given.
    pub experiments: Vec<ExperimentColumn>,
    /// The choices that have a result in every experiment, the best mean rank first; below them the
    /// others, in the order of the first experiment that has them.
    pub choices: Vec<ChoiceRow>,
    /// How many of these have a result in every experiment.
    pub common: usize,
    /// The mean ranks of these; `None` below two of them or below two experiments, or if they are
    /// equal in every experiment.
    pub ranks: Option<MeanRanks>,
}

impl AcrossExperiments {
    /// The table of `experiments`, each with its answers.
    pub fn of(experiments: &[(&SweepResults, &Answers)]) -> AcrossExperiments {
        let columns: Vec<ExperimentColumn> = experiments
            .iter()
            .map(|(sweep, answers)| ExperimentColumn::of(sweep, answers))
            .collect();
        let rows = choices::rows(experiments);
        let is_common = |row: &ChoiceRow| row.cells.iter().all(Option::is_some);
        let (mut choices, others): (Vec<_>, Vec<_>) = rows.into_iter().partition(is_common);
        let common = choices.len();
        let ranks = ranking::rank(&columns, &mut choices);
        choices.extend(others);
        AcrossExperiments {
            experiments: columns,
            choices,
            common,
            ranks,
        }
    }

    /// The choices that have a result in every experiment, the best mean rank first.
    pub fn common_choices(&self) -> &[ChoiceRow] {
        &self.choices[..self.common]
    }

    /// The choices that lack a result in some experiment.
    pub fn left_out(&self) -> &[ChoiceRow] {
        &self.choices[self.common..]
    }

    /// Whether all experiments are compared by the same metric.
    pub fn has_one_metric(&self) -> bool {
        let mut metrics = self.experiments.iter().map(|column| &column.metric);
        let first = metrics.next();
        metrics.all(|metric| Some(metric) == first)
    }
}
