//! `run`: trains what a file asks for and is missing, stores it, and renders the report.

mod args;
mod command_line;
mod conclude;
mod event_lines;
mod follow;
mod job_order;
mod jobs_folder;
mod lines;
mod next;
mod notify;
mod presence;
mod queue_notice;
mod record;
mod requests;
mod run_log;
mod slurm;
mod sweep;
mod undecidable;
mod unlogged;

use super::plan::{PlanArgs, plan};
use super::serve::LivePage;
use crate::context::Context;
use crate::exit::{Exit, failure, runner_failure};
use crate::output::tell::Teller;
use crate::planning::experiment_file::{read, read_decided};
use crate::planning::slots::refuse_odd_surroundings;
use crate::planning::stages;
use crate::streams::say_error;
use anyhow::Result;
pub use args::RunArgs;
pub use command_line::command_line;
pub use conclude::damaged_words;
use convsweep_plan::Plan;
use convsweep_runner::ResultsLock;
use convsweep_spec::log::Choice;
pub use lines::RunLines;
pub use slurm::{AllocationState, allocations};
use std::path::Path;
use sweep::sweep;

/// Runs the files one after another, or shows their plans; or hands them to a cluster.
///
/// # Errors
/// What is wrong with a file, the devices, the results folder or the cluster. Failed jobs are not
/// errors but an exit code.
pub fn run(context: &Context, args: &RunArgs) -> Result<Exit> {
    if args.slurm {
        return slurm::submit(context, args);
    }
    match &args.allocation {
        Some(folder) => slurm::run_allocation(context, args, folder, run_here),
        None => run_here(context, args),
    }
}

/// Runs the files on this machine, or shows their plans.
fn run_here(context: &Context, args: &RunArgs) -> Result<Exit> {
    if args.dry_run {
        let plan_args = PlanArgs {
            files: args.files.clone(),
            changes: args.changes.clone(),
            devices: args.devices.clone(),
            slots: args.slots.clone(),
            json: args.json,
            ..PlanArgs::default()
        };
        return plan(context, &plan_args);
    }
    let teller = Teller::of(args.tell.as_deref().unwrap_or_default());
    let lines = RunLines::new(args.json, *teller.as_ref().unwrap_or(&Teller::default()));
    let result = teller.and_then(|_| run_files(context, args, &lines));
    lines.ended(&result);
    result
}

/// Runs the files one after another; whoever calls it writes the last line.
///
/// # Errors
/// As [`run`].
pub fn run_files(context: &Context, args: &RunArgs, lines: &RunLines) -> Result<Exit> {
    context.signals.listen();
    context.signals.preparing();
    refuse_odd_surroundings()?;
    refuse_unreadable_paths(context)?;
    let mut plans = Vec::new();
    for file in &args.files {
        plans.push(read(context, file, &args.changes)?);
    }
    let mut lock = ResultsLock::acquire(&context.results).map_err(runner_failure)?;
    let names = plans.iter().map(|plan| plan.name.clone()).collect();
    let page = args
        .serve
        .map(|port| LivePage::open(context, names, (port > 0).then_some(port)));
    let page = page.transpose()?;
    let mut exit = Exit::Complete;
    for (plan, file) in plans.into_iter().zip(&args.files) {
        if context.signals.is_stopping() {
            return Ok(Exit::Interrupted);
        }
        match run_stages(context, (args, lines), file, plan, &mut lock)? {
            Exit::Complete => {}
            Exit::Interrupted => return Ok(Exit::Interrupted),
            other => exit = other,
        }
    }
    if let Some(page) = page {
        page.close();
    }
    Ok(exit)
}

/// Workers are sent the paths of the folders as text.
///
/// # Errors
/// If a path is none.
fn refuse_unreadable_paths(context: &Context) -> Result<()> {
    let results = (context.results.0.as_path(), "--results", Exit::Results);
    let data = context.data().map(|folder| (folder, "--data", Exit::Data));
    for (folder, option, exit) in [results].into_iter().chain(data.ok()) {
        if folder.to_str().is_none() {
            let path = folder.display();
            let message = format!("the path {path} is not UTF-8: name another folder ({option})");
            return Err(failure(exit, message));
        }
    }
    Ok(())
}

/// Runs a plan. If it has stages, they run one after another, each from the choice of the one
/// before it.
fn run_stages(
    context: &Context,
    (args, lines): (&RunArgs, &RunLines),
    file: &Path,
    mut plan: Plan,
    lock: &mut ResultsLock,
) -> Result<Exit> {
    let mut exit = sweep(context, (args, lines), &plan, lock)?;
    // A part of the jobs (`--only`) is no ground for a choice.
    while exit != Exit::Interrupted
        && !context.signals.is_stopping()
        && args.only.is_empty()
        && let Some(decision) = stages::choose(context, &plan)?
    {
        say_error(&format!(
            "{}: stage \"{}\" chose {}",
            plan.name, decision.stage, decision.label
        ));
        lines.chosen(&plan.name, &decision);
        let mut decisions: Vec<Choice> = plan.decisions.clone();
        decisions.push(decision);
        plan = read_decided(context, file, &args.changes, &decisions)?;
        exit = match (exit, sweep(context, (args, lines), &plan, lock)?) {
            (Exit::JobsFailed, Exit::Complete) => Exit::JobsFailed,
            (_, latest) => latest,
        };
    }
    Ok(exit)
}
