//! Refusing to decide from damaged records: a decision is made once, and damage can be mended.

use super::args::RunArgs;
use super::conclude::damaged_words;
use super::unlogged::Unlogged;
use crate::exit::{Exit, failure};
use crate::planning::job_action::{JobAction, PlannedJob};
use crate::streams::say_error;
use anyhow::Result;
use convsweep_plan::Plan;
use convsweep_runner::{ExperimentLog, LostDecision};
use convsweep_spec::search::SearchSettings;

/// What to do about lost decisions.
const LOST_REMEDY: &str = "Put a sound copy of the log in its place, or give --redecide-lost: what \
    the other lines decided stays, and the rest is decided again";

/// Most damaged lines that a message names.
const MOST_LINES: usize = 5;

/// What a run decides again that was decided before and is lost.
#[derive(Debug, Default)]
pub struct Redecided {
    /// Damaged lines of the log that held a decision.
    pub lines: Vec<u64>,
    /// Whether the database forgets what the log no longer holds.
    pub forgets: bool,
}

/// Refuses a run whose rules or stages would decide without damaged jobs, or decide again what a
/// damaged line of the experiment's log decided. Returns what the command line wants decided again.
///
/// # Errors
/// If the run would decide so.
pub fn refuse_to_decide(
    args: &RunArgs,
    plan: &Plan,
    jobs: &[PlannedJob],
    (log, unlogged): (&ExperimentLog, &Unlogged),
) -> Result<Redecided> {
    let searches = plan.search != SearchSettings::default();
    let mut choosing = plan.stages.iter().rev().skip(1);
    let chooses = choosing.any(|stage| stage.decision.is_none());
    // Jobs that the command line names are trained to their end, and nothing is chosen after them.
    if !args.only.is_empty() || !(searches || chooses) {
        return Ok(Redecided::default());
    }
    let damaged = jobs.iter().filter(|job| job.action == JobAction::Damaged);
    let damaged = damaged.count() as u64;
    if damaged > 0 {
        let words = damaged_words(damaged, &plan.name);
        let message = format!(
            "{words}: this comes first, since rules and stages decide once and would decide \
            without these results; nothing was trained"
        );
        return Err(failure(Exit::Results, message));
    }
    let is_needed =
        |lost: &&LostDecision| (lost.of_search && searches) || (lost.of_stages && chooses);
    let lost: Vec<&LostDecision> = log.lost_decisions().filter(is_needed).collect();
    let is_cut = (unlogged.lacks_decisions() && searches) || (unlogged.choices && chooses);
    if lost.is_empty() && is_cut {
        return cut_log(args, plan, log, unlogged);
    }
    if lost.is_empty() {
        // The search writes again what the log still announces.
        let forgets = searches && unlogged.has_decisions();
        return Ok(Redecided {
            lines: vec![],
            forgets,
        });
    }
    if !args.redecide_lost {
        return Err(failure(Exit::Results, lost_words(log, &lost)));
    }
    for lost in &lost {
        say_error(&format!(
            "{}: what line {} of the log decided is decided again",
            plan.name, lost.line
        ));
    }
    Ok(Redecided {
        lines: lost.iter().map(|lost| lost.line).collect(),
        forgets: unlogged.has_decisions() || unlogged.choices,
    })
}

/// The log lacks decisions that the database has read in it.
fn cut_log(
    args: &RunArgs,
    plan: &Plan,
    log: &ExperimentLog,
    unlogged: &Unlogged,
) -> Result<Redecided> {
    let (name, path, words) = (&plan.name, log.path().display(), unlogged.words());
    if !args.redecide_lost {
        let message = format!(
            "{path}: the log was cut or replaced: the database has read {words} in it which it no \
            longer holds, and which might come out otherwise if made again; nothing was trained. \
            {LOST_REMEDY}"
        );
        return Err(failure(Exit::Results, message));
    }
    say_error(&format!(
        "{name}: {words} that the log no longer holds: this is decided again"
    ));
    Ok(Redecided {
        lines: vec![],
        forgets: true,
    })
}

/// Which decisions are lost, and what is to be done.
fn lost_words(log: &ExperimentLog, lost: &[&LostDecision]) -> String {
    let path = log.path().display();
    let mut places = Vec::new();
    for LostDecision { line, problem, .. } in lost.iter().take(MOST_LINES) {
        places.push(format!("{path}, line {line}: {problem}"));
    }
    let more = lost.len().saturating_sub(MOST_LINES);
    if more > 0 {
        places.push(format!("{more} more damaged lines"));
    }
    format!(
        "{}: a decision that was recorded there is lost, and might come out otherwise if it were \
        made again; nothing was trained. {LOST_REMEDY}",
        places.join("; ")
    )
}
