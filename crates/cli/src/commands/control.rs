//! `cancel`, `pause` and `resume`: requests to a running sweep from another terminal.

use crate::context::Context;
use crate::exit::{Code, Exit, failure};
use crate::output::stdout::say;
use crate::planning::lookup::find_job;
use anyhow::Result;
use clap::Args;
use convsweep_runner::{ControlRequest, lock_holder, send_control};

/// Arguments of `cancel`.
#[derive(Debug, Args)]
pub struct CancelArgs {
    /// Ids of jobs, or beginnings of ids.
    #[arg(required = true, value_name = "JOB")]
    pub jobs: Vec<String>,
}

/// Cancels the named jobs.
///
/// # Errors
/// If there is no such job, or nothing is running.
pub fn cancel(context: &Context, args: &CancelArgs) -> Result<Exit> {
    let database = context.database()?;
    let mut jobs = Vec::new();
    for prefix in &args.jobs {
        jobs.push(find_job(&database, prefix)?);
    }
    send(context, &ControlRequest::Cancel { jobs })
}

/// Sends a request to the run that holds the results folder.
///
/// # Errors
/// If nothing is running there, or the run does not answer.
pub fn send(context: &Context, request: &ControlRequest) -> Result<Exit> {
    context.require_results()?;
    let folder = context.results.0.display();
    let Some(holder) = lock_holder(&context.results) else {
        return Err(failure(
            Exit::Wrong,
            format!("nothing is running in {folder}"),
        ));
    };
    if !send_control(&context.results, request).code(Exit::Results)? {
        let message = format!(
            "{holder} holds {folder} but did not accept the request within 10 s: \
            is it a run, and is it alive?"
        );
        return Err(failure(Exit::Results, message));
    }
    say(&format!("told {holder}: {}", words(request)))?;
    Ok(Exit::Complete)
}

fn words(request: &ControlRequest) -> String {
    match request {
        ControlRequest::Cancel { jobs } if jobs.len() == 1 => "1 job is cancelled".into(),
        ControlRequest::Cancel { jobs } => format!("{} jobs are cancelled", jobs.len()),
        ControlRequest::Pause => {
            "running jobs write a checkpoint and pause; `convsweep resume` lets them continue"
                .into()
        }
        ControlRequest::Resume => "the sweep continues".into(),
    }
}
