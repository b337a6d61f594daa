//! `cancel`, `pause` and `resume`: requests to a running sweep from another terminal.

use crate::context::Context;
use crate::exit::{Code, Exit, failure};
use crate::output::json::say_json;
use crate::output::stdout::say;
use crate::planning::lookup::find_job;
use anyhow::Result;
use clap::Args;
use convsweep_runner::{ControlRequest, LockHolder, lock_holder, send_control};
use serde_json::{Value, json};

/// Arguments of `cancel`.
#[derive(Debug, Args)]
pub struct CancelArgs {
    /// Ids of jobs, or beginnings of ids.
    #[arg(required = true, value_name = "JOB")]
    pub jobs: Vec<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `pause` and `resume`.
#[derive(Debug, Args)]
pub struct ControlArgs {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
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
    send(context, &ControlRequest::Cancel { jobs }, args.json)
}

/// Sends a request to the run that holds the results folder.
///
/// # Errors
/// If nothing is running there, or the run does not answer.
pub fn send(context: &Context, request: &ControlRequest, as_json: bool) -> Result<Exit> {
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
    match as_json {
        true => say_json(&object(&holder, request))?,
        false => say(&format!("told {holder}: {}", words(request)))?,
    }
    Ok(Exit::Complete)
}

fn object(holder: &LockHolder, request: &ControlRequest) -> Value {
    let (name, jobs) = match request {
        ControlRequest::Cancel { jobs } => ("cancel", jobs.as_slice()),
        ControlRequest::Pause => ("pause", &[][..]),
        ControlRequest::Resume => ("resume", &[][..]),
    };
    json!({ "told": holder.to_string(), "request": name, "jobs": jobs })
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
