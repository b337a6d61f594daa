//! What a search is given: its rules, and the jobs with what is known about them.

use super::early_stop::EarlyStopWatch;
use super::history::{RuleIdentity, SearchHistory};
use super::job::SearchJob;
use super::step::SearchPast;
use convsweep_spec::id::JobId;
use convsweep_spec::metric::{Direction, Metric};
use convsweep_spec::search::SearchSettings;
use std::collections::BTreeMap;

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
    /// The stage of the experiment, if it has stages.
    pub stage: Option<String>,
    /// What earlier runs of the experiment decided.
    pub history: SearchHistory,
    /// The jobs in the order in which they start.
    pub order: Vec<usize>,
    /// The early stopping of those jobs that have one.
    pub early_stops: BTreeMap<usize, EarlyStopWatch>,
}

impl SearchInput {
    /// What this search's decisions are recorded under.
    pub fn identity(&self) -> RuleIdentity {
        let metric = Metric {
            name: self.metric.clone(),
            direction: self.rules.direction,
        };
        RuleIdentity::new(&self.rules.settings, metric, self.stage.clone())
    }

    /// The decisions of earlier runs that bind this one.
    pub fn past(&self) -> SearchPast {
        let binding = self.history.binding(&self.identity());
        SearchPast {
            steps: binding.steps(&self.ids, &self.jobs),
            order: self.order.clone(),
        }
    }
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
