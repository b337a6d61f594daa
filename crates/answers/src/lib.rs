//! What the results of a sweep say: which choice is better, by how much, and how surely.
//!
//! Everything here is a pure function of [`SweepResults`]. The database's rows, the command line,
//! its JSON and the report all take it from here, so that they cannot disagree. The methods
//! themselves are in `convsweep_statistics`.

mod answers;
mod axes;
mod chance;
mod choice;
mod config_difference;
mod estimates;
mod image_agreement;
mod metric_format;
mod noise;
mod pairing;
mod pairs;
mod race;
mod results;
mod run_unit;
mod words;

pub use answers::{Answers, NoResult, Standing};
pub use axes::{AxisAnswer, AxisBasis, AxisContrast, AxisLevel, AxisShare, AxisTrend, Interaction};
pub use choice::ChoiceOptimism;
pub use config_difference::{KeyDifference, differing_keys};
pub use image_agreement::{
    ImageAgreement, ImageRelation, compare_networks, image_agreement, image_relation,
};
pub use metric_format::MetricFormat;
pub use noise::SeedNoise;
pub use pairing::PairMethod;
pub use pairs::{
    ComparedPair, Difference, FAMILY_LEVEL, MOST_CONFIGURATIONS_OF_ALL_PAIRS, Verdict,
};
pub use race::may_still_be_best;
pub use results::{ConfigurationResults, RunEnd, RunResult, SweepResults, ValidationResult};
pub use run_unit::RunUnit;

pub use convsweep_statistics::mcnemar::McNemar;
pub use words::MOST_SUGGESTED;

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
