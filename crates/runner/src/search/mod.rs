//! Which jobs are spared: stopping rules over jobs and the race over seeds.
//!
//! [`rules`] are pure functions over recorded values. [`director`] applies them while a sweep runs, or, in [`simulate()`],
//! to the curves of an earlier one. Nothing here knows processes, clocks or files, and only [`Rule::Asha`] and
//! [`Rule::Median`] depend on the order in which results arrive.

pub mod director;
pub mod rules;
pub mod simulate;

pub use director::{Action, Director, Entry, Standing};
pub use simulate::{Simulation, simulate};

use convsweep_spec::metric::Direction;

/// What is spared, and by what it is judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// The rule that stops jobs.
    pub stop: Option<Rule>,
    /// Seeds that every configuration is trained with; further ones only where it may still be the best.
    pub start_seeds: Option<usize>,
    /// Which way is better.
    pub direction: Direction,
    /// The configuration that others are compared with: it is never spared.
    pub baseline: Option<usize>,
}

/// A rule that stops jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// All configurations train for `first` epochs; the best of every `eta` go on for `eta` times as long, and so on. Each
    /// decision waits for all, so that it does not depend on the order of arrival (Jamieson and Talwalkar 2016).
    SuccessiveHalving {
        /// Of how many one goes on.
        eta: u32,
        /// Epochs before the first decision.
        first: u32,
    },
    /// The same rungs, but a job goes on if it is among the best of those that have come so far (Li et al. 2020).
    Asha {
        /// Of how many one goes on.
        eta: u32,
        /// Epochs before the first decision.
        first: u32,
    },
    /// A job stops whose best value is worse than the median of the others' means up to the same epoch (Golovin et al. 2017).
    Median {
        /// Epochs before the first decision.
        first: u32,
    },
}

impl Rule {
    /// As in the file.
    pub fn name(&self) -> &'static str {
        match self {
            Rule::SuccessiveHalving { .. } => "successive-halving",
            Rule::Asha { .. } => "asha",
            Rule::Median { .. } => "median",
        }
    }

    /// Whether equal sweeps may spare different jobs, by the order in which results arrive.
    pub fn depends_on_arrival(&self) -> bool {
        !matches!(self, Rule::SuccessiveHalving { .. })
    }

    /// Epochs at which the `number`-th decision is made, from 0; `None` for a rule without rungs.
    pub fn rung(&self, number: u32) -> Option<u32> {
        match *self {
            Rule::SuccessiveHalving { eta, first } | Rule::Asha { eta, first } => {
                Some(first.saturating_mul(eta.saturating_pow(number)))
            }
            Rule::Median { .. } => None,
        }
    }
}
