//! The end of a run: the report, what is left, and the exit code.

use super::lines::{ExperimentEnd, RunLine, RunLines};
use super::next::next_steps;
use crate::commands::report::{RenderedReport, render};
use crate::commands::verdict::VerdictObject;
use crate::context::Context;
use crate::exit::{Code, Exit, runner_failure};
use crate::panics;
use crate::streams::{say_error, say_if_read};
use anyhow::Result;
use convsweep_answers::RunEnd;
use convsweep_plan::Plan;
use convsweep_runner::{LimitReached, RunSummary, StopRequest};
use convsweep_spec::id::JobId;
use convsweep_spec::outcome::DAMAGED;
use convsweep_spec::words::{counted, duration};
use convsweep_store::{Database, JobState};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Jobs that are not to finish.
pub struct AtRest {
    /// Those that the experiment's rules have stopped.
    pub stopped: BTreeSet<JobId>,
    /// The epochs up to which damaged jobs were to be trained again.
    pub repaired: BTreeMap<JobId, u32>,
}

impl AtRest {
    /// Whether the job has come as far as it had before it was damaged.
    fn is_repaired(&self, job: &JobId, state: &JobState) -> bool {
        let had = self.repaired.get(job);
        had.is_none_or(|epochs| state.epoch >= *epochs)
    }
}

/// Renders the report if any of the jobs has finished, and says what is left. A second request to
/// stop leaves the report out.
///
/// # Errors
/// If the run could not continue, or the report could not be written.
pub fn conclude(
    context: &Context,
    (plan, lines): (&Plan, &RunLines),
    (jobs, at_rest): (&[JobId], &AtRest),
    summary: RunSummary,
) -> Result<Exit> {
    let database = context.database()?;
    let states = database.job_states(jobs).code(Exit::Results)?;
    let has_report =
        count(jobs, &states, "finished") > 0 && summary.stop_request != StopRequest::Now;
    let rendered = match has_report {
        true => render_report(context, &database, plan),
        false => Ok(None),
    };
    lines.experiment_ended(end_of(&plan.name, jobs, &states));
    let told = match summary.stop_request {
        StopRequest::Now => Ok(()),
        StopRequest::No | StopRequest::Drain => {
            let rendered = rendered.as_ref().ok().and_then(Option::as_ref);
            tell_answer(context, &database, (plan, lines), rendered)
        }
    };
    // What became of the jobs is said even if the report fails.
    let exit = say_end(plan, (jobs, at_rest), &states, summary)?;
    told?;
    rendered.map(|_| exit)
}

/// Renders the report. An error in the program itself that it meets does not end the run.
fn render_report(
    context: &Context,
    database: &Database,
    plan: &Plan,
) -> Result<Option<RenderedReport>> {
    let rendered = panics::caught(|| {
        panics::test_point("report");
        render(context, database, &plan.name)
    });
    match rendered {
        Some(rendered) => rendered.map(Some),
        None => {
            say_error("the report was not rendered; everything that was trained is recorded");
            Ok(None)
        }
    }
}

/// Shows the answer to whoever reads stdout, with the report and what to do next.
fn tell_answer(
    context: &Context,
    database: &Database,
    (plan, lines): (&Plan, &RunLines),
    rendered: Option<&RenderedReport>,
) -> Result<()> {
    if !lines.are_on() {
        if let Some(rendered) = rendered {
            let next = next_steps(plan, rendered.answers());
            say_if_read(format!("{}\n\n{next}", rendered.text()).trim_end());
        }
        return Ok(());
    }
    let answers = database.answers(&plan.name).code(Exit::Results)?;
    if let Some(answers) = &answers {
        let verdict = VerdictObject::of(answers, context.database_doubt());
        lines.say(&RunLine::Answer {
            verdict: Box::new(verdict),
            report: rendered.map(RenderedReport::object),
        });
    }
    Ok(())
}

/// How the jobs of an experiment stand.
fn end_of(experiment: &str, jobs: &[JobId], states: &HashMap<JobId, JobState>) -> ExperimentEnd {
    let mut end = ExperimentEnd {
        experiment: experiment.to_string(),
        jobs: jobs.len(),
        finished: 0,
        stopped: 0,
        failed: 0,
        left: 0,
    };
    for job in jobs {
        let outcome = states.get(job).and_then(|state| state.outcome.as_deref());
        *match RunEnd::of_outcome(outcome) {
            RunEnd::Finished => &mut end.finished,
            RunEnd::Stopped => &mut end.stopped,
            RunEnd::Failed | RunEnd::Diverged => &mut end.failed,
            RunEnd::Waiting => &mut end.left,
        } += 1;
    }
    end
}

/// Says what is left.
fn say_end(
    plan: &Plan,
    (jobs, at_rest): (&[JobId], &AtRest),
    states: &HashMap<JobId, JobState>,
    summary: RunSummary,
) -> Result<Exit> {
    if let Some(error) = summary.error {
        return Err(runner_failure(error));
    }
    let finished = count(jobs, states, "finished");
    let left = counted(summary.remaining.len() as u64, "job");
    let total = counted(jobs.len() as u64, "job");
    if summary.stop_request != StopRequest::No {
        say_error(&format!(
            "interrupted: {finished} of {total} finished; \
            the same command continues with the other {left}"
        ));
        return Ok(Exit::Interrupted);
    }
    match summary.limit_reached {
        Some(LimitReached::TimeLimit) => {
            let limit = plan.run.sweep_time_limit.unwrap_or_default().as_secs_f64();
            say_error(&format!(
                "the sweep's time limit of {} is reached: \
                the same command continues with {left}",
                duration(limit)
            ));
            return Ok(Exit::Interrupted);
        }
        Some(LimitReached::Failures(count)) => say_error(&format!(
            "stopped after {} failed, as run.on_failure asks: \
            the same command continues with {left}",
            counted(count.into(), "job")
        )),
        None => {}
    }
    let resting = say_resting(plan, (jobs, at_rest), states);
    let damaged = count(jobs, states, DAMAGED);
    if damaged > 0 {
        say_error(&damaged_words(damaged as u64, &plan.name));
    }
    let failed = jobs.len() - finished - resting;
    if failed > 0 {
        say_error(&format!(
            "{failed} of {total} did not finish; `convsweep status {}` lists them",
            plan.name
        ));
        return Ok(Exit::JobsFailed);
    }
    Ok(Exit::Complete)
}

/// Says which jobs are not to finish, and which finished although a rule stops them. Returns how
/// many have not finished.
fn say_resting(
    plan: &Plan,
    (jobs, at_rest): (&[JobId], &AtRest),
    states: &HashMap<JobId, JobState>,
) -> usize {
    let total = counted(jobs.len() as u64, "job");
    let (mut pruned, mut spared, mut restored) = (0, 0, 0);
    for job in jobs {
        let Some(state) = states.get(job) else {
            continue;
        };
        let is_stopped = at_rest.stopped.contains(job);
        match (state.finished, is_stopped) {
            (true, _) => spared += usize::from(is_stopped),
            (false, _) if !at_rest.is_repaired(job, state) => {}
            (false, true) => pruned += 1,
            (false, false) => restored += usize::from(at_rest.repaired.contains_key(job)),
        }
    }
    if pruned > 0 {
        say_error(&format!(
            "{pruned} of {total} pruned by [search]; \
            `convsweep why JOB` says why"
        ));
    }
    if restored > 0 {
        say_error(&format!(
            "{restored} of {total} trained again as far as before; `convsweep run {}` continues",
            plan.file.display()
        ));
    }
    if spared > 0 {
        say_error(&format!(
            "{spared} of {total} had been trained to the end before, and [search] stops them: they \
            count as finished in the report, and for no decision"
        ));
    }
    pruned + restored
}

/// What is to be done about the damaged jobs of an experiment.
pub fn damaged_words(jobs: u64, experiment: &str) -> String {
    let what = match jobs {
        1 => "1 job whose log is damaged does not count".to_string(),
        _ => format!("{jobs} jobs whose logs are damaged do not count"),
    };
    format!(
        "{experiment}: {what}; `convsweep retry {experiment} --damaged` trains such jobs again, \
        `convsweep why JOB` says more"
    )
}

/// Number of jobs with this outcome.
fn count(jobs: &[JobId], states: &HashMap<JobId, JobState>, outcome: &str) -> usize {
    let outcomes = jobs
        .iter()
        .filter_map(|job| states.get(job)?.outcome.as_deref());
    outcomes.filter(|found| *found == outcome).count()
}
