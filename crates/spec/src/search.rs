//! Which jobs of a sweep are spared: what `[search]` of a file says, read by the plan and applied
//! by the runner.

/// Which jobs are spared; nothing of it enters a job's id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchSettings {
    /// The rule that stops jobs.
    pub stop: Option<StopRule>,
    /// Seeds that every configuration is trained with; further ones only where it may still be the
    /// best.
    pub start_seeds: Option<u32>,
}

/// A rule that stops jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopRule {
    /// All configurations train for `first` epochs; the best of every `eta` go on for `eta` times
    /// as long, and so on. Each decision waits for all, so that it does not depend on the order of
    /// arrival (Jamieson and Talwalkar 2016).
    SuccessiveHalving {
        /// Of how many one goes on.
        eta: u32,
        /// Epochs before the first decision.
        first: u32,
    },
    /// The same rungs, but a job goes on if it is among the best of those that have come so far (Li
    /// et al. 2020).
    Asha {
        /// Of how many one goes on.
        eta: u32,
        /// Epochs before the first decision.
        first: u32,
    },
    /// A job stops whose best value is worse than the median of the others' means up to the same
    /// epoch (Golovin et al. 2017).
    Median {
        /// Epochs before the first decision.
        first: u32,
    },
}

impl StopRule {
    /// As in the file.
    pub fn name(&self) -> &'static str {
        match self {
            StopRule::SuccessiveHalving { .. } => "successive-halving",
            StopRule::Asha { .. } => "asha",
            StopRule::Median { .. } => "median",
        }
    }

    /// Whether equal sweeps may spare different jobs, by the order in which results arrive.
    pub fn depends_on_arrival(&self) -> bool {
        !matches!(self, StopRule::SuccessiveHalving { .. })
    }

    /// Epochs at which the `number`-th decision is made, from 0; `None` for a rule without rungs.
    pub fn rung(&self, number: u32) -> Option<u32> {
        match *self {
            StopRule::SuccessiveHalving { eta, first } | StopRule::Asha { eta, first } => {
                Some(first.saturating_mul(eta.saturating_pow(number)))
            }
            StopRule::Median { .. } => None,
        }
    }
}
