//! `compare`: what differs between experiments, configurations or jobs, and whether it matters.

mod choices;
mod comparison;
mod find;
mod json;
mod notes;
mod text;
mod words;

use crate::context::Context;
use crate::exit::{Code, Exit, failure};
use crate::output::json::say_json;
use crate::output::stdout::say;
use anyhow::Result;
use choices::{NamedChoice, read_choices};
use clap::Args;
use comparison::ChoiceComparison;
use convsweep_spec::words::counted;
use convsweep_store::Database;
use find::find_choice;

/// Arguments of `compare`.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// What to compare, two things or more: an experiment (its best configuration), a configuration
    /// as EXPERIMENT:LABEL, EXPERIMENT:RANK or the beginning of its id, or a job by the
    /// beginning of
    /// its id.
    #[arg(required = true)]
    pub things: Vec<String>,
    /// Print everything as one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Prints in which keys the resolved files differ, whether that matters, and what the comparison
/// cannot say.
///
/// # Errors
/// If something is unknown, named twice or alone, or the database cannot be used.
pub fn compare(context: &Context, args: &CompareArgs) -> Result<Exit> {
    if let [only] = args.things.as_slice() {
        return Err(failure(
            Exit::Wrong,
            format!(
                "only \"{only}\" is named, and a comparison needs two or more: name another \
                 experiment, configuration (NAME:LABEL or NAME:RANK) or job; `convsweep verdict \
                 NAME` compares the configurations of one experiment"
            ),
        ));
    }
    let database = context.database()?;
    let mut found = Vec::with_capacity(args.things.len());
    for thing in &args.things {
        found.push(find_choice(&database, thing)?);
    }
    let (metric, choices) = read_choices(&database, &found)?;
    refuse_overlaps(&choices)?;
    let mut comparison = ChoiceComparison::of(&database, metric, choices).code(Exit::Results)?;
    comparison
        .notes
        .extend(notes(context, &database, &comparison)?);
    match args.json {
        true => say_json(&json::object(&comparison))?,
        false => say(&text::text(&comparison))?,
    }
    Ok(Exit::Complete)
}

/// What there is to say about where the results come from.
fn notes(
    context: &Context,
    database: &Database,
    comparison: &ChoiceComparison,
) -> Result<Vec<String>> {
    let mut notes = notes::notes(database, comparison).code(Exit::Results)?;
    notes.extend(context.database_doubt().map(str::to_string));
    Ok(notes)
}

/// Nothing is compared with itself, not in part either: the same run on both sides would make them
/// look alike.
fn refuse_overlaps(choices: &[NamedChoice]) -> Result<()> {
    for (i, first) in choices.iter().enumerate() {
        for second in &choices[i + 1..] {
            if let Some(message) = overlap(first, second) {
                return Err(failure(Exit::Wrong, message));
            }
        }
    }
    Ok(())
}

fn overlap(first: &NamedChoice, second: &NamedChoice) -> Option<String> {
    let jobs = |choice: &NamedChoice| choice.results.runs.clone();
    let (ours, theirs) = (jobs(first), jobs(second));
    let is_shared = |run: &convsweep_answers::RunResult| theirs.iter().any(|r| r.job == run.job);
    let shared = ours.iter().filter(|run| is_shared(run)).count();
    if shared == 0 {
        return None;
    }
    let (a, b) = (&first.named, &second.named);
    Some(if a == b {
        format!("\"{a}\" is named twice: name two different things")
    } else if shared == ours.len() && shared == theirs.len() {
        format!(
            "\"{a}\" and \"{b}\" are the same, {}: nothing differs; name another configuration, as \
             {}:RANK",
            first.name, second.experiment
        )
    } else {
        format!(
            "\"{a}\" and \"{b}\" have {} in common, and what is compared with itself \
             looks alike: name configurations or jobs that share none",
            counted(shared as u64, "run")
        )
    })
}
