//! What the decisions of a plan's `[search]` are recorded under.

use convsweep_plan::Plan;
use convsweep_runner::search::RuleIdentity;

/// What the plan's decisions are recorded under.
pub fn search_identity(plan: &Plan) -> RuleIdentity {
    RuleIdentity::new(&plan.search, plan.metric.clone(), current_stage(plan))
}

/// The first stage that has not chosen; the last one if all have.
pub fn current_stage(plan: &Plan) -> Option<String> {
    let mut stages = plan.stages.iter();
    let current = stages.find(|stage| stage.decision.is_none());
    current
        .or(plan.stages.last())
        .map(|stage| stage.name.clone())
}
