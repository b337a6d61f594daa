//! Stages of an experiment: what they have chosen, and choosing.

use crate::context::Context;
use crate::exit::{Code, Exit, runner_failure};
use crate::planning::search_identity::search_identity;
use crate::streams::say_error;
use anyhow::Result;
use convsweep_plan::{Plan, StageCandidate};
use convsweep_runner::ExperimentLog;
use convsweep_spec::figures::better_first;
use convsweep_spec::id::JobId;
use convsweep_spec::layout::ResultsFolder;
use convsweep_spec::log::{Choice, Evidence};
use convsweep_spec::metric::Number;
use convsweep_spec::words::counted;
use std::collections::BTreeSet;

/// What the stages of an experiment have chosen according to its log; nothing without a log.
///
/// # Errors
/// If the log cannot be read.
pub fn recorded(results: &ResultsFolder, experiment: &str) -> Result<Vec<Choice>> {
    let revisions = match ExperimentLog::revisions(results, experiment) {
        Ok(revisions) => revisions,
        Err(error) if error.is_not_found() => vec![],
        Err(error) => return Err(runner_failure(error)),
    };
    let newest = revisions.into_iter().next_back();
    Ok(newest.map_or(vec![], |(revision, _)| revision.decisions))
}

/// Lets the first stage that has not chosen yet choose: the next stage starts from the
/// configuration with the best mean. It chooses once, when all of its jobs have ended.
///
/// `None` for a file without stages, for the last stage (whose choice is the report's answer), and
/// if a job has not ended or none has finished.
///
/// # Errors
/// If the database cannot be used.
pub fn choose(context: &Context, plan: &Plan) -> Result<Option<Choice>> {
    let undecided = plan.stages.iter().position(|s| s.decision.is_none());
    let Some(number) = undecided.filter(|number| number + 1 < plan.stages.len()) else {
        return Ok(None);
    };
    let stage = &plan.stages[number];
    let open = open_jobs(context, plan, &stage.candidates)?;
    if open > 0 {
        let jobs = counted(open as u64, "job");
        say_error(&format!(
            "{}: stage \"{}\" chooses when all of its jobs have ended; {jobs} left",
            plan.name, stage.name
        ));
        return Ok(None);
    }
    let mut ranked = evidence(context, plan, &stage.candidates)?;
    // A stable sort: of equal candidates the first one in the file is chosen.
    let direction = plan.metric.direction;
    ranked.sort_by(|(_, a), (_, b)| better_first(direction, Some(a.mean.0), Some(b.mean.0)));
    let Some((candidate, best)) = ranked.first() else {
        return Ok(None);
    };
    Ok(Some(Choice {
        stage: stage.name.clone(),
        configuration: best.configuration.clone(),
        label: candidate.label.clone(),
        values: candidate.values.clone(),
        evidence: ranked.iter().map(|(_, e)| e.clone()).collect(),
    }))
}

/// Number of jobs of the candidates that have neither ended nor been stopped. Damaged ones are open,
/// since they can be trained again.
fn open_jobs(context: &Context, plan: &Plan, candidates: &[StageCandidate]) -> Result<usize> {
    let stopped = stopped_jobs(context, plan)?;
    let mut jobs: Vec<JobId> = Vec::new();
    for candidate in candidates {
        let member = &plan.configurations[candidate.configuration].member;
        jobs.extend(member.jobs.iter().map(|job| job.job.clone()));
    }
    let states = context.database()?.job_states(&jobs).code(Exit::Results)?;
    let is_open = |job: &&JobId| {
        let outcome = states.get(*job).and_then(|state| state.outcome.as_deref());
        matches!(outcome, None | Some("cancelled" | "damaged")) && !stopped.contains(*job)
    };
    Ok(jobs.iter().filter(is_open).count())
}

/// The jobs that the rules of the plan have stopped, whatever others have trained of them.
fn stopped_jobs(context: &Context, plan: &Plan) -> Result<BTreeSet<JobId>> {
    let history = ExperimentLog::decisions(&context.results, &plan.name).map_err(runner_failure)?;
    Ok(history.binding(&search_identity(plan)).stopped)
}

/// The figures of every candidate that has finished jobs and was not stopped.
fn evidence<'a>(
    context: &Context,
    plan: &Plan,
    candidates: &'a [StageCandidate],
) -> Result<Vec<(&'a StageCandidate, Evidence)>> {
    let database = context.database()?;
    let samples = database
        .summary(&plan.name, &plan.metric.name)
        .code(Exit::Results)?;
    let stopped = stopped_jobs(context, plan)?;
    let mut found = Vec::new();
    for candidate in candidates {
        let member = &plan.configurations[candidate.configuration].member;
        if member.jobs.iter().all(|job| stopped.contains(&job.job)) {
            continue;
        }
        let Some(sample) = samples.get(&member.configuration) else {
            continue;
        };
        let evidence = Evidence {
            configuration: member.configuration.clone(),
            label: candidate.label.clone(),
            n: sample.n as u32,
            mean: Number(sample.mean),
            deviation: sample.sd.map(Number),
        };
        found.push((candidate, evidence));
    }
    Ok(found)
}
