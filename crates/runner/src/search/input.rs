//! What a search is given: its rules, and the jobs with what is known about them.

use super::job::SearchJob;
use convsweep_spec::id::JobId;
use convsweep_spec::metric::Direction;
use convsweep_spec::search::SearchSettings;

/// A search over the jobs of a plan, including those that earlier runs trained.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchInput {
    /// The rules.
    pub rules: SearchRules,
    /// Name of the metric that jobs are judged by.
    pub metric: String,
    /// Every job of the plan.
    pub jobs: Vec<SearchJob>,
    /// Their ids, in the same order.
    pub ids: Vec<JobId>,
}

/// The rules of a search.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchRules {
    /// What `[search]` of the file says.
    pub settings: SearchSettings,
    /// Whether larger or smaller values are better.
    pub direction: Direction,
    /// The configuration that others are compared with; it is never pruned.
    pub baseline: Option<usize>,
}

impl SearchRules {
    /// Number of seeds that every configuration is trained with; unlimited if there is no race.
    pub fn start_seeds(&self) -> usize {
        let seeds = self.settings.start_seeds;
        seeds.map_or(usize::MAX, |seeds| seeds as usize)
    }
}
