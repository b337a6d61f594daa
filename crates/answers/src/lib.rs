//! What the results of a sweep say: which choice is better, by how much, and how surely.
//!
//! Everything here is a pure function of [`SweepResults`]. The database's rows, the command line,
//! its JSON and the report all take it from here, so that they cannot disagree. The methods
//! themselves are in `convsweep_statistics`.
//!
//! `convsweep help statistics` says what the answers stand on. These are the details; `tests/recompute.py` computes
//! the figures once more by them.
//!
//! - **Order.** By the mean over the runs that count; of equal ones, the earlier in the plan first.
//!   A diverged run counts as the metric of a network that gives every image the classes' shares,
//!   or, for metrics that this does not determine, as the worst result of the sweep.
//! - **Common variance.** From the runs that trained, of all configurations with two of them at
//!   least. Its degrees are at most half of those of all but the configuration with the most.
//! - **Degrees of a difference.** Satterthwaite's, at most the common variance's plus both
//!   configurations' own, and at most those of all configurations.
//! - **Expected result** where runs do not train: s·m + (1 − s)·c, with the share s that trains, the
//!   mean m of those that did (of a configuration that never trained: the mean of the others'
//!   means) and the chance level c, the mean of the sweep's runs that did not train. Its variance
//!   is s²·Var(m) + (m − c)²·Var(s); Var(s) counts as known. A pair all of whose runs trained is
//!   compared by the means alone.
//! - **Corrections.** All p-values are multiplied by the looks of a race; then Holm's correction
//!   covers all pairs and kinds of difference. Those of the margin are a family of their own, as
//!   are the contrasts of all axes and the interactions (each multiplied by the number of
//!   combinations searched). Where the first configuration beats each other one at 0.05 / (number
//!   of others), its corrected p-values are at most p times that number.
//! - **Intervals** have the level 1 − 0.05 / looks.
//! - **More runs** are sought at the level 0.05 / (number of corrected p-values of at least 0.05).
//! - **Cells of the axes** have the variance of all their runs that count, trained or not, with
//!   n − 1 degrees. Where runs do not train, it is at least that of the expected result; a cell of
//!   one run has the latter. Of two variances of a contrast (independent cells, or seed by seed) the
//!   larger is used, with the degrees of independent cells; of folds only the second, with Nadeau
//!   and Bengio's variance, which intervals of single configurations have as well. An additive
//!   model gives intervals and p-values, but no verdicts. Of the only axis, the contrasts are the
//!   pairs themselves.

mod across;
mod answers;
mod axes;
mod chance;
mod choice;
mod config_difference;
mod credibility;
mod estimates;
mod image_agreement;
mod metric_format;
mod next;
mod noise;
mod pairing;
mod pairs;
mod race;
mod results;
mod run_unit;
mod validated_classes;
mod words;

pub use across::{AcrossExperiments, ChoiceCell, ChoiceRow, ExperimentColumn, MeanRanks};
pub use answers::{Answers, NoResult, Standing};
pub use axes::{AxisAnswer, AxisBasis, AxisContrast, AxisLevel, AxisShare, AxisTrend, Interaction};
pub use choice::ChoiceOptimism;
pub use config_difference::{KeyDifference, differing_keys};
pub use credibility::Credibility;
pub use image_agreement::{
    ImageAgreement, ImageRelation, compare_networks, image_agreement, image_relation,
};
pub use metric_format::MetricFormat;
pub use next::{AxisEdge, AxisEnd, MoreRuns, NextSteps};
pub use noise::SeedNoise;
pub use pairing::PairMethod;
pub use pairs::{
    ComparedPair, Difference, FAMILY_LEVEL, MOST_CONFIGURATIONS_OF_ALL_PAIRS, Verdict,
};
pub use race::may_still_be_best;
pub use results::{ConfigurationResults, RunEnd, RunResult, SweepResults, ValidationResult};
pub use run_unit::RunUnit;
pub use validated_classes::ValidatedClasses;

pub use convsweep_statistics::mcnemar::McNemar;

use convsweep_spec::metric::{Direction, Metric};

/// `value` with its sign turned so that larger is better.
fn gain(metric: &Metric, value: f64) -> f64 {
    gain_in(metric.direction, value)
}

fn gain_in(direction: Direction, value: f64) -> f64 {
    match direction {
        Direction::Max => value,
        Direction::Min => -value,
    }
}

/// As [`gain`], of an interval from low to high.
fn gain_interval(metric: &Metric, (low, high): (f64, f64)) -> (f64, f64) {
    match metric.direction {
        Direction::Max => (low, high),
        Direction::Min => (-high, -low),
    }
}
