//! Which configuration is best, by what metric, and how the others compare with it.
//!
//! A run is one job: a seed, or a seed and a fold. Only finished jobs count. Configurations are
//! ordered by the revision's validation metric and nothing else; test figures are carried along but
//! never looked at here. [`crate::answer`] says the result in words.

mod comparison;
mod configuration;
mod confusion;
mod effects;
mod order;
mod run;

pub use configuration::RankedConfiguration;
pub use confusion::{ConfusedPair, ConfusionMatrix, FrequentMistake, class_name};
pub use convsweep_answers::{MetricFormat, RunUnit};
pub use effects::{AxisEffect, ValueEffect, axis_effects};
pub use order::Ranking;
pub use run::RankedRun;
