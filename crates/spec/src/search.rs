//! Stopping rules: what `[search]` of a file says. The plan reads it and the runner applies it.

/// Which jobs of a sweep are stopped early or not started. Nothing here enters a job's id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchSettings {
    /// The rule that stops jobs early.
    pub stop: Option<StopRule>,
    /// Number of seeds of every configuration; further seeds are trained only while the
    /// configuration may still be the best.
    pub start_seeds: Option<u32>,
}

/// A rule that stops jobs early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopRule {
    /// Successive halving (Jamieson and Talwalkar 2016): all configurations train for `first`
    /// epochs; the best 1/`eta` of them continue to `eta` times as many, and so on. Each decision
    /// waits for all results, so that it does not depend on the order of arrival.
    SuccessiveHalving {
        /// One of this many continues.
        eta: u32,
        /// Epochs before the first decision.
        first: u32,
    },
    /// ASHA (Li et al. 2020): the same rungs, but a job continues if it is among the best of the
    /// results so far.
    Asha {
        /// One of this many continues.
        eta: u32,
        /// Epochs before the first decision.
        first: u32,
    },
    /// The median rule (Golovin et al. 2017): a job stops if its best value is worse than the
    /// median of the other jobs' mean values up to the same epoch.
    Median {
        /// Epochs before the first decision.
        first: u32,
    },
}

impl StopRule {
    /// The name used in an experiment file.
    pub fn name(&self) -> &'static str {
        match self {
            StopRule::SuccessiveHalving { .. } => "successive-halving",
            StopRule::Asha { .. } => "asha",
            StopRule::Median { .. } => "median",
        }
    }

    /// Whether the decisions depend on the order in which results arrive.
    pub fn depends_on_arrival(&self) -> bool {
        !matches!(self, StopRule::SuccessiveHalving { .. })
    }

    /// Number of epochs before the decision `number` (from 0); `None` for a rule without rungs.
    pub fn rung(&self, number: u32) -> Option<u32> {
        match *self {
            StopRule::SuccessiveHalving { eta, first } | StopRule::Asha { eta, first } => {
                Some(first.saturating_mul(eta.saturating_pow(number)))
            }
            StopRule::Median { .. } => None,
        }
    }
}
