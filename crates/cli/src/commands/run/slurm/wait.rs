//! `run --slurm --wait`: says how far the cluster is until it has trained everything.

use super::submission::Submission;
use crate::context::Context;
use crate::exit::{Exit, failure};
use crate::signals::leaving;
use crate::streams::say_error;
use anyhow::Result;
use convsweep_files::read_regular;
use convsweep_progress::{RunningProgram, SweepState};
use convsweep_slurm::{QueuedAllocation, cluster};
use convsweep_spec::words::duration;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Time between two looks into the folder of a submission.
const LOOK: Duration = Duration::from_secs(1);
/// Time between two questions to the cluster.
const ASK: Duration = Duration::from_secs(30);
/// Lines of a log that are shown of an allocation that ended without a word.
const LAST_LINES: usize = 15;
/// Largest log in bytes that is read for them.
const LARGEST_LOG: u64 = 64 << 20;

/// Waits for allocations, one after another, and says how they stand.
///
/// # Errors
/// If one will wait for ever, or has ended without a word.
pub fn wait_for(context: &Context, submissions: &[Submission]) -> Result<Exit> {
    let is_leaving = leaving()?;
    let mut exit = Exit::Complete;
    for submission in submissions {
        match wait_for_one(context, submission, &is_leaving)? {
            Exit::Complete => {}
            Exit::Interrupted if is_leaving.load(Ordering::Relaxed) => {
                say_error("the cluster goes on; `convsweep status` says how far it is");
                return Ok(Exit::Interrupted);
            }
            other => exit = other,
        }
    }
    Ok(exit)
}

fn wait_for_one(
    context: &Context,
    submission: &Submission,
    is_leaving: &AtomicBool,
) -> Result<Exit> {
    let folder = submission.folder(&context.results);
    let mut told = String::new();
    let mut asked: Option<Instant> = None;
    let mut is_missing = false;
    loop {
        if is_leaving.load(Ordering::Relaxed) {
            return Ok(Exit::Interrupted);
        }
        let end = Submission::end(&folder).filter(|end| !end.continues);
        if let Some(end) = end.filter(|end| end.exit_code != Exit::Interrupted as u8) {
            tell(&mut told, format!("{} has ended", name(submission)));
            return Ok(Exit::of_code(end.exit_code));
        }
        if asked.is_none_or(|at| at.elapsed() >= ASK) {
            asked = Some(Instant::now());
            // A controller that is away does not end the training.
            let line = match cluster::queue() {
                Ok(lines) => lines
                    .into_iter()
                    .find(|line| line.comment == submission.token),
                Err(error) => {
                    tell(&mut told, error.to_string());
                    continue;
                }
            };
            match line {
                Some(line) if line.is_stuck() => {
                    let message = format!("{} {}", name(submission), line.words());
                    return Err(failure(Exit::Device, message));
                }
                Some(line) => {
                    is_missing = false;
                    tell(&mut told, state_words(context, submission, &line));
                }
                None if end.is_some() => return Ok(Exit::Interrupted),
                None if is_missing => return Err(ended_without_a_word(context, submission)),
                // Slurm may have forgotten it a moment before its last words are seen here.
                None => is_missing = true,
            }
        }
        sleep(LOOK);
    }
}

fn name(submission: &Submission) -> String {
    let id = submission.allocation.as_deref().unwrap_or("?");
    format!("{}: allocation {id}", submission.experiment)
}

/// Says what is new.
fn tell(told: &mut String, words: String) {
    if *told != words {
        say_error(&words);
        *told = words;
    }
}

/// How the allocation stands, and how far its jobs are.
fn state_words(context: &Context, submission: &Submission, line: &QueuedAllocation) -> String {
    if line.state != "RUNNING" {
        return format!("{} {}", name(submission), line.words());
    }
    let mut words = format!("{} runs on {}", name(submission), line.nodes);
    // The database may be made, or written, by the program in the allocation just now.
    if let Ok(Some(database)) = context.database_if_any()
        && let Ok(Some(state)) = SweepState::read(
            &database,
            &submission.experiment,
            RunningProgram::of(&context.results),
        )
    {
        words += &format!(": {} of {} jobs", state.counts.words(), state.counts.jobs);
        if let Some(seconds) = state.seconds_left() {
            words += &format!(", about {} left", duration(seconds));
        }
    }
    words
}

/// What to do about an allocation that ended although its program has said nothing.
fn ended_without_a_word(context: &Context, submission: &Submission) -> anyhow::Error {
    let id = submission.allocation.as_deref().unwrap_or_default();
    let logs = Submission::logs(&submission.folder(&context.results));
    let log = logs.join(format!("{id}.log"));
    let text = read_regular(&log, LARGEST_LOG).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let last = &lines[lines.len().saturating_sub(LAST_LINES)..];
    let end = match last.is_empty() {
        true => format!(
            "there is no log {}: was the folder not seen there?",
            log.display()
        ),
        false => format!("the end of {}:\n  {}", log.display(), last.join("\n  ")),
    };
    failure(
        Exit::JobsFailed,
        format!(
            "{} has ended without a word, most often because its memory or its node was lost; its \
            jobs continue from their checkpoints with the same command (raise run.slurm.memory, or \
            lower run.slots, if memory ran out); {end}",
            name(submission)
        ),
    )
}
