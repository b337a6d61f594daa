//! A run in the allocation that was asked for.

use super::submission::{AllocationEnd, Submission};
use crate::commands::run::args::RunArgs;
use crate::context::Context;
use crate::exit::{self, Exit, failure};
use crate::streams::say_error;
use anyhow::Result;
use convsweep_slurm::cluster;
use convsweep_spec::words::counted;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

/// Time between two tries to go back to the queue while Slurm does not answer.
const TRY_AGAIN: Duration = Duration::from_secs(5);

/// Runs what was submitted by `run`, as it was then; what is left when the time is up continues in the
/// queue, as often as the file says and something is gained.
///
/// # Errors
/// As a run on this machine; if the folder of the submission is not here.
pub fn run_allocation(
    context: &Context,
    args: &RunArgs,
    folder: &Path,
    run: fn(&Context, &RunArgs) -> Result<Exit>,
) -> Result<Exit> {
    let submission = read(folder)?;
    let mut args = args.clone();
    args.changes.frozen = Some(submission.files.clone());
    let before = epochs(context, &submission.experiment);
    let ended = run(context, &args);
    let exit = match &ended {
        Ok(exit) => *exit,
        Err(error) => exit::of(error),
    };
    let requeued = number("SLURM_RESTART_COUNT").unwrap_or(0);
    let is_time_up = exit == Exit::Interrupted && context.signals.is_time_up();
    let has_gained = epochs(context, &submission.experiment) > before;
    let continues = is_time_up && has_gained && requeued < submission.requeue;
    let end = AllocationEnd {
        exit_code: exit as u8,
        requeued,
        continues,
    };
    end.keep(folder)?;
    if continues {
        go_back_to_the_queue();
    }
    if is_time_up {
        say_error(&why_it_ends(has_gained, submission.requeue));
    }
    ended
}

/// The submission, which the program that made it has written into a folder that nodes share.
fn read(folder: &Path) -> Result<Submission> {
    if !folder.is_dir() {
        let node = std::env::var("SLURMD_NODENAME").unwrap_or_else(|_| "this node".to_string());
        let message = format!(
            "{node} does not see {}, which was written where the run was submitted: put the results \
            on a file system that all nodes share, such as your home folder (--results)",
            folder.display()
        );
        return Err(failure(Exit::Results, message));
    }
    let submission = Submission::read(folder)?;
    let own = env!("CARGO_PKG_VERSION");
    if submission.version != own {
        let message = format!(
            "this is convsweep {own}, the run was submitted by {}: submit it again",
            submission.version
        );
        return Err(failure(Exit::Device, message));
    }
    Ok(submission)
}

/// Epochs that the experiment's jobs have completed, as far as is known.
fn epochs(context: &Context, experiment: &str) -> u64 {
    let Ok(Some(database)) = context.database_if_any() else {
        return 0;
    };
    let Ok(Some(jobs)) = database.progress(experiment) else {
        return 0;
    };
    jobs.iter().map(|job| u64::from(job.state.epoch)).sum()
}

/// Asks Slurm to start this allocation once more, and waits for the end that it then sends. A
/// program that ended by itself meanwhile could leave an allocation that Slurm holds.
fn go_back_to_the_queue() -> ! {
    let id = std::env::var("SLURM_JOB_ID").unwrap_or_default();
    say_error("time is up: the allocation goes back to the queue and continues there");
    loop {
        if let Err(error) = cluster::requeue(&id) {
            say_error(&error.to_string());
        }
        sleep(TRY_AGAIN);
    }
}

fn why_it_ends(has_gained: bool, most: u32) -> String {
    let why = match has_gained {
        true => format!(
            "it went back to the queue {} (run.slurm.requeue)",
            counted(u64::from(most), "time")
        ),
        false => "no epoch was completed in it: raise run.slurm.time, or write checkpoints within \
                  epochs (run.checkpoint_every)"
            .to_string(),
    };
    format!("time is up, and the allocation ends: {why}; the same command continues")
}

fn number(name: &str) -> Option<u32> {
    std::env::var(name).ok()?.parse().ok()
}
