//! Which jobs are pruned: stopping rules over jobs, and the race over seeds.
//!
//! [`decisions`] holds the rules as pure functions over recorded values. [`SearchController`]
//! applies them while a sweep runs or, in [`simulate()`], to the curves of an earlier sweep.
//! Nothing here knows processes, clocks or files, and only [`StopRule::Asha`] and
//! [`StopRule::Median`] depend on the order in which results arrive.
//!
//! Decisions are history: each is recorded with what it looked at before it is carried out, and a
//! later run replays the [`SearchHistory`] before it decides anything itself.
//!
//! [`StopRule::Asha`]: convsweep_spec::search::StopRule::Asha
//! [`StopRule::Median`]: convsweep_spec::search::StopRule::Median

mod action;
mod arrival_rules;
mod controller;
mod curve;
pub mod decisions;
mod early_stop;
mod halving;
mod history;
mod input;
mod job;
mod race;
mod seen;
mod simulate;
mod step;

pub use action::SearchAction;
pub use controller::SearchController;
pub use curve::Curve;
pub use early_stop::EarlyStopWatch;
pub use history::{BindingHistory, RuleIdentity, SearchHistory};
pub use input::{SearchInput, SearchRules};
pub use job::{JobStatus, SearchJob};
pub use simulate::{Simulation, simulate};
pub use step::{Judge, PastStep, SearchPast, SearchStep};
