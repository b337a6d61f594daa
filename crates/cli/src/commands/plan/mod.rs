//! `plan`: what a file asks for, without training.

mod class_table;
mod compared;
mod groups;
mod json;
mod layers;
mod rates;
mod simulate;
mod text;

use crate::context::Context;
use crate::exit::{self, Exit, failure_with};
use crate::output::json::say_line;
use crate::output::stdout::say;
use crate::planning::experiment_file::read;
use crate::planning::file_args::FileArgs;
use crate::planning::slots::choose_devices;
use crate::streams::say_error;
use anyhow::Result;
use clap::Args;
use compared::ComparedPlan;
use convsweep_plan::Plan;
use json::PlanJson;
use std::path::PathBuf;
use text::Amount;

/// Arguments of `plan`.
#[derive(Debug, Default, Args)]
pub struct PlanArgs {
    /// Experiment files.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// What the command line changes in the file.
    #[command(flatten)]
    pub changes: FileArgs,
    /// Show all configurations, architectures, learning rates and classes, however many there are.
    #[arg(long)]
    pub all: bool,
    /// Show the complete layer table of every architecture, not only of the first one.
    #[arg(long)]
    pub layers: bool,
    /// Show what a stopping rule would have saved, and lost, on the recorded curves:
    /// successive-halving, asha, median or race, with options such as
    /// successive-halving:eta=3,first=2.
    #[arg(long, value_name = "RULE")]
    pub simulate: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Devices that are used instead of the file's (`run --dry-run`).
    #[arg(skip)]
    pub devices: Option<String>,
    /// Slots that are used instead of the file's (`run --dry-run`).
    #[arg(skip)]
    pub slots: Option<String>,
}

/// Prints the plans of the files.
///
/// # Errors
/// Everything that is wrong with any of the files, at once.
pub fn plan(context: &Context, args: &PlanArgs) -> Result<Exit> {
    context.signals.listen();
    let plans = read_all(context, args)?;
    if let Some(rule) = &args.simulate {
        simulate::simulate(context, &plans, rule, args.json)?;
        return Ok(Exit::Complete);
    }
    let amount = Amount {
        all: args.all,
        layers: args.layers,
    };
    let mut refusals = Vec::new();
    for plan in &plans {
        let devices = match choose_devices(
            context,
            (args.devices.as_deref(), args.slots.as_deref()),
            plan,
        ) {
            // A run that names it would be refused.
            Err(error) if args.devices.is_some() => return Err(error),
            devices => devices,
        };
        let mut plan = ComparedPlan::of(context, plan, devices, args.changes.ignore_memory)?;
        match args.json {
            true => say_line(&PlanJson(&plan))?,
            false => say(&text::text(&plan, amount))?,
        }
        refusals.append(&mut plan.cost.refusals);
    }
    match joined(refusals) {
        None => Ok(Exit::Complete),
        // The object says why a run would be refused.
        Some(refusal) if args.json => {
            say_error(&format!("error: {refusal}"));
            Ok(exit::of(&refusal))
        }
        Some(refusal) => Err(refusal),
    }
}

fn read_all(context: &Context, args: &PlanArgs) -> Result<Vec<Plan>> {
    let (mut plans, mut errors) = (Vec::new(), Vec::new());
    for file in &args.files {
        match read(context, file, &args.changes) {
            Ok(plan) => plans.push(plan),
            Err(error) => errors.push(error),
        }
    }
    match joined(errors) {
        None => Ok(plans),
        Some(error) => Err(error),
    }
}

/// All errors as one; `None` without any.
fn joined(errors: Vec<anyhow::Error>) -> Option<anyhow::Error> {
    let exit = exit::of(errors.first()?);
    let has_same_exit = errors.iter().all(|error| exit::of(error) == exit);
    let messages: Vec<String> = errors
        .iter()
        .map(|error| error.to_string().trim_end().to_string())
        .collect();
    let exit = if has_same_exit { exit } else { Exit::Wrong };
    let problems = errors.iter().flat_map(exit::problems_of);
    let problems = problems.cloned().collect();
    Some(failure_with(exit, messages.join("\n\n"), problems))
}
