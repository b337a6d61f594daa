//! Which jobs are spared: stopping rules over jobs and the race over seeds.
//!
//! [`rules`] are pure functions over recorded values. [`director`] applies them while a sweep runs,
//! or, in [`simulate()`], to the curves of an earlier one. Nothing here knows processes, clocks or
//! files, and only [`StopRule::Asha`] and [`StopRule::Median`] depend on the order in which results
//! arrive.
//!
//! [`StopRule::Asha`]: convsweep_spec::search::StopRule::Asha
//! [`StopRule::Median`]: convsweep_spec::search::StopRule::Median

pub mod controller;
pub mod rules;
pub mod simulate;

pub use controller::{JobStatus, SearchAction, SearchController, SearchJob};
pub use simulate::{Simulation, simulate};

use convsweep_spec::metric::Direction;
use convsweep_spec::search::SearchSettings;

/// What is spared, and by what it is judged.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchRules {
    /// The rules.
    pub settings: SearchSettings,
    /// Which way is better.
    pub direction: Direction,
    /// The configuration that others are compared with: it is never spared.
    pub baseline: Option<usize>,
}

impl SearchRules {
    /// Seeds that every configuration is trained with; all where there is no race.
    pub fn start_seeds(&self) -> usize {
        self.settings.start_seeds.map_or(usize::MAX, |n| n as usize)
    }
}
