//! A decision of the search, and the decisions of earlier runs.

use convsweep_spec::log::JudgedJob;
use std::collections::BTreeSet;

/// One decision: what was looked at, and what was decided. Jobs are numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchStep {
    /// Who decided.
    pub judge: Judge,
    /// Number of completed epochs at which the jobs were compared; of a race, the number of the
    /// round, from 1.
    pub step: u32,
    /// Every job that was looked at.
    pub jobs: Vec<JudgedJob<usize>>,
}

/// Who decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judge {
    /// The rule that stops jobs early.
    StopRule,
    /// The race over seeds.
    Race,
}

/// What earlier runs decided, and what they left undecided.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SearchPast {
    /// The decisions that bind, oldest first.
    pub steps: Vec<PastStep>,
    /// The jobs in the order in which their recorded results are judged if they were not judged
    /// before: that in which jobs start. Jobs that are missing come last.
    pub order: Vec<usize>,
}

/// A decision of an earlier run.
#[derive(Clone, Debug, PartialEq)]
pub struct PastStep {
    /// The decision.
    pub step: SearchStep,
    /// The jobs about which it decided without their records having been written: the program was
    /// killed in between.
    pub unreported: BTreeSet<usize>,
    /// Whether it belongs to this stage of the experiment. Of other stages' decisions only the
    /// stops count.
    pub is_of_this_stage: bool,
}

impl From<SearchStep> for PastStep {
    fn from(step: SearchStep) -> PastStep {
        PastStep {
            step,
            unreported: BTreeSet::new(),
            is_of_this_stage: true,
        }
    }
}
