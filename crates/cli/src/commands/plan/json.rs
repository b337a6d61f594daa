//! A plan as JSON, written piece by piece: a large one never exists as a whole.

use super::compared::ComparedPlan;
use crate::planning::cost::CostEstimate;
use crate::planning::job_action::PlannedJob;
use convsweep_plan::{Plan, Planned, StagePlan};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Value, json};

/// A plan with its jobs.
pub struct PlanJson<'a>(pub &'a ComparedPlan<'a>);

impl Serialize for PlanJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ComparedPlan {
            plan,
            jobs,
            dropped,
            cost,
        } = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("experiment", &plan.name)?;
        map.serialize_entry("question", &plan.question)?;
        map.serialize_entry("metric", &plan.metric)?;
        map.serialize_entry("margin", &plan.margin)?;
        map.serialize_entry("axes", &plan.axes)?;
        map.serialize_entry("notes", &plan.notes)?;
        let stages = List(|| plan.stages.iter().map(stage));
        map.serialize_entry("stages", &stages)?;
        let configurations = List(|| plan.configurations.iter().map(|c| configuration(c, cost)));
        map.serialize_entry("configurations", &configurations)?;
        let jobs = List(|| jobs.iter().map(|j| job(j, plan)));
        map.serialize_entry("jobs", &jobs)?;
        map.serialize_entry("no_longer_asked_for", dropped)?;
        map.serialize_entry("cost", &cost.json())?;
        map.end()
    }
}

/// The values of an iterator, as a list.
struct List<F>(F);

impl<F, I> Serialize for List<F>
where
    F: Fn() -> I,
    I: IntoIterator<Item = Value>,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

fn stage(stage: &StagePlan) -> Value {
    json!({
        "name": stage.name,
        "configurations": stage.count,
        "jobs": stage.jobs,
        "reached": !stage.candidates.is_empty(),
        "decision": stage.decision,
    })
}

fn configuration(planned: &Planned, cost: &CostEstimate) -> Value {
    let cost = cost.of_job(planned);
    json!({
        "id": planned.member.configuration,
        "label": planned.member.label,
        "values": planned.member.values,
        "summary": *planned.summary,
        "resolved": planned.member.resolved,
        "seconds_a_job": cost.seconds,
        "memory_bytes": cost.memory_bytes,
    })
}

fn job(job: &PlannedJob, plan: &Plan) -> Value {
    json!({
        "job": job.job.job,
        "configuration": plan.configurations[job.configuration].member.label,
        "seed": job.job.seed,
        "fold": job.job.fold,
        "standing": job.action.words(),
    })
}
