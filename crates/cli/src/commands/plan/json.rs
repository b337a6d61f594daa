//! A plan as JSON, written piece by piece: a large one is never held as a whole.

use super::Whole;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::json;

/// A plan with its jobs.
pub struct PlanJson<'a>(pub &'a Whole<'a>);

/// What a function makes, as a list.
struct Seq<F>(F);

impl<F, I> Serialize for Seq<F>
where
    F: Fn() -> I,
    I: IntoIterator<Item = serde_json::Value>,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

impl Serialize for PlanJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Whole {
            plan,
            standings,
            gone,
            cost,
        } = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("experiment", &plan.name)?;
        map.serialize_entry("question", &plan.question)?;
        map.serialize_entry("metric", &plan.metric)?;
        map.serialize_entry("axes", &plan.axes)?;
        map.serialize_entry("notes", &plan.notes)?;
        let stage = |s: &convsweep_plan::StagePlan| {
            json!({ "name": s.name, "configurations": s.count, "jobs": s.jobs, "reached": !s.candidates.is_empty(),
                    "decision": s.decision })
        };
        map.serialize_entry("stages", &Seq(|| plan.stages.iter().map(stage)))?;
        let configuration = |c: &convsweep_plan::Planned| {
            let cost = cost.of_job(c);
            json!({ "id": c.member.configuration, "label": c.member.label, "values": c.member.values,
                    "summary": *c.summary, "resolved": c.member.resolved,
                    "seconds_a_job": cost.seconds, "memory_bytes": cost.memory_bytes })
        };
        map.serialize_entry(
            "configurations",
            &Seq(|| plan.configurations.iter().map(configuration)),
        )?;
        let job = |(index, job, standing): &(
            usize,
            &convsweep_spec::log::MemberJob,
            crate::planning::difference::Standing,
        )| {
            json!({ "job": job.job, "configuration": plan.configurations[*index].member.label,
                    "seed": job.seed, "fold": job.fold, "standing": standing.word() })
        };
        map.serialize_entry("jobs", &Seq(|| standings.iter().map(job)))?;
        map.serialize_entry("no_longer_asked_for", gone)?;
        map.serialize_entry("cost", &cost.json())?;
        map.end()
    }
}
