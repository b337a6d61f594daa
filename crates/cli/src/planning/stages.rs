//! Stages of an experiment: what was chosen before, and choosing.

use crate::context::Context;
use crate::exit::{Code, Exit};
use anyhow::Result;
use convsweep_plan::{Plan, StageCandidate};
use convsweep_runner::ExperimentLog;
use convsweep_spec::id::ConfigurationId;
use convsweep_spec::log::{Choice, Evidence};
use convsweep_spec::metric::{Direction, Number};
use convsweep_store::{Reader, Value, literal};
use std::collections::HashMap;

/// What the stages of an experiment have chosen, by its log.
pub fn recorded(context: &Context, name: &str) -> Vec<Choice> {
    let revisions = ExperimentLog::revisions(&context.results, name).unwrap_or_default();
    revisions
        .into_iter()
        .next_back()
        .map_or(vec![], |(revision, _)| revision.decisions)
}

/// What the first stage that has not chosen takes as the beginning of the next one: the
/// configuration with the best mean.
///
/// `None` for a file without stages, for the last stage (the report's answer is its choice), and
/// where nothing finished.
pub fn choose(context: &Context, plan: &Plan) -> Result<Option<Choice>> {
    let Some(number) = plan.stages.iter().position(|s| s.decision.is_none()) else {
        return Ok(None);
    };
    if number + 1 == plan.stages.len() {
        return Ok(None);
    }
    let figures = figures(context, plan)?;
    let stage = &plan.stages[number];
    let mut known: Vec<(&StageCandidate, Evidence)> = Vec::new();
    for candidate in &stage.candidates {
        let configuration = plan.configurations[candidate.configuration]
            .member
            .configuration
            .clone();
        let Some(&(n, mean, deviation)) = figures.get(&configuration).filter(|f| f.1.is_finite())
        else {
            continue;
        };
        let (label, deviation) = (candidate.label.clone(), deviation.map(Number));
        known.push((
            candidate,
            Evidence {
                configuration,
                label,
                n,
                mean: Number(mean),
                deviation,
            },
        ));
    }
    // A stable sort: of equals the first of the file is chosen.
    known.sort_by(|(_, a), (_, b)| match plan.metric.direction {
        Direction::Max => b.mean.0.total_cmp(&a.mean.0),
        Direction::Min => a.mean.0.total_cmp(&b.mean.0),
    });
    let Some((candidate, best)) = known.first() else {
        return Ok(None);
    };
    Ok(Some(Choice {
        stage: stage.name.clone(),
        configuration: best.configuration.clone(),
        label: candidate.label.clone(),
        values: candidate.values.clone(),
        evidence: known.iter().map(|(_, e)| e.clone()).collect(),
    }))
}

/// Number of finished jobs, mean and standard deviation of the experiment's metric.
type Figures = (u32, f64, Option<f64>);

/// The figures of each configuration.
fn figures(context: &Context, plan: &Plan) -> Result<HashMap<ConfigurationId, Figures>> {
    let reader = Reader::open(&context.results).code(Exit::Results)?;
    let sql = format!(
        "select configuration, n, mean, sd from summary where experiment = {} and metric = {}",
        literal(&plan.name),
        literal(&plan.metric.name)
    );
    let row = |row: &Vec<Value>| match &row[..] {
        [Value::Text(id), Value::Integer(n), Value::Real(mean), sd] => {
            let deviation = if let Value::Real(sd) = sd {
                Some(*sd)
            } else {
                None
            };
            Some((
                ConfigurationId(id.clone()),
                (u32::try_from(*n).ok()?, *mean, deviation),
            ))
        }
        _ => None,
    };
    Ok(reader
        .query(&sql)
        .code(Exit::Results)?
        .rows
        .iter()
        .filter_map(row)
        .collect())
}
