//! `cancel`, `pause` and `resume`: what a running sweep is told from another terminal.

use crate::context::Context;
use crate::exit::{Code, Exit, Failure};
use crate::output::stdout::say;
use crate::planning::find::find;
use anyhow::Result;
use convsweep_runner::{ControlRequest, lock_holder, send_control};
use convsweep_store::Reader;

/// Cancels the named jobs.
pub fn cancel(context: &Context, jobs: &[String]) -> Result<Exit> {
    let reader = Reader::open(&context.results).code(Exit::Results)?;
    let jobs = jobs
        .iter()
        .map(|job| find(&reader, job))
        .collect::<Result<_>>()?;
    tell(context, &ControlRequest::Cancel { jobs })
}

/// Tells the run that holds the results folder.
pub fn tell(context: &Context, control: &ControlRequest) -> Result<Exit> {
    let folder = context.results.0.display();
    let Some(holder) = lock_holder(&context.results) else {
        return Err(Failure {
            exit: Exit::Wrong,
            message: format!("nothing runs in {folder}"),
        }
        .into());
    };
    if !send_control(&context.results, control).code(Exit::Results)? {
        let message = format!(
            "{holder} holds {folder} but did not take it within 10 s: is it a run, and does it live?"
        );
        return Err(Failure {
            exit: Exit::Results,
            message,
        }
        .into());
    }
    let words = match control {
        ControlRequest::Cancel { jobs } => format!("{} jobs are cancelled", jobs.len()),
        ControlRequest::Pause => {
            "running jobs write a checkpoint and pause; `convsweep resume` lets them go on".into()
        }
        ControlRequest::Resume => "the sweep goes on".into(),
    };
    say(&format!("told {holder}: {words}"))?;
    Ok(Exit::Complete)
}
