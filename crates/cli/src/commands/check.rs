//! `check`: reads everything that is kept, and lists what is damaged and what cannot be vouched
//! for.

use crate::context::Context;
use crate::exit::{Code, Exit};
use crate::integrity::{FilesFound, check_files};
use crate::output::stdout::say;
use crate::streams::say_error;
use anyhow::Result;
use clap::Args;
use convsweep_runner::lock_holder;
use convsweep_spec::words::counted;
use convsweep_store::CheckReport;

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Read samples only, and say which.
    #[arg(long)]
    pub quick: bool,
}

/// A part of what is kept, and what was found in it.
struct Section {
    /// What is said if nothing is wrong with it.
    all_is_well: &'static str,
    problems: Vec<String>,
    notes: Vec<String>,
    unread: Vec<String>,
}

/// Checks everything that is kept: exit code 5 if anything is damaged or could not be read.
///
/// # Errors
/// If it cannot be read.
pub fn check(context: &Context, args: &CheckArgs) -> Result<Exit> {
    if let Some(holder) = lock_holder(&context.results) {
        let judged = "only jobs that have finished are judged";
        say_error(&format!("note: {holder} uses the results folder: {judged}"));
    }
    let (mut problems, mut unread) = (0, 0);
    let mut failed = None;
    // What one section found is told even if the other one cannot be read.
    for section_of in [logs_and_database, files_of_jobs] {
        match section_of(context, args) {
            Ok(section) => {
                print(&section)?;
                problems += section.problems.len();
                unread += section.unread.len();
            }
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    if problems > 0 {
        say_error(&counted(problems as u64, "problem"));
    }
    if unread > 0 {
        let files = counted(unread as u64, "file");
        say_error(&format!(
            "{files} could not be read: whether they are sound is not known"
        ));
    }
    match failed {
        Some(error) => Err(error),
        None if problems + unread > 0 => Ok(Exit::Results),
        None => Ok(Exit::Complete),
    }
}

fn logs_and_database(context: &Context, args: &CheckArgs) -> Result<Section> {
    let results = &context.results;
    let (found, all_is_well) = if args.quick {
        let sound = "the database and the samples of the logs are sound";
        (convsweep_store::quick_check(results), sound)
    } else if lock_holder(results).is_some() {
        let sound = "the database is valid, and so is what the logs hold by now";
        (convsweep_store::check_during_run(results), sound)
    } else {
        let sound = "the database is valid and agrees with the logs";
        (convsweep_store::check(results), sound)
    };
    let CheckReport { problems, notes } = found.code(Exit::Results)?;
    Ok(Section {
        all_is_well,
        problems,
        notes,
        unread: vec![],
    })
}

fn files_of_jobs(context: &Context, args: &CheckArgs) -> Result<Section> {
    let found = check_files(context, args.quick)?;
    let FilesFound {
        problems,
        notes,
        unread,
    } = found;
    Ok(Section {
        all_is_well: "the files of the jobs are as they were written",
        problems,
        notes,
        unread,
    })
}

fn print(section: &Section) -> Result<()> {
    for problem in &section.problems {
        say(problem)?;
    }
    section.unread.iter().try_for_each(|unread| say(unread))?;
    for note in &section.notes {
        say(&format!("note: {note}"))?;
    }
    if section.problems.is_empty() && section.unread.is_empty() {
        say(section.all_is_well)?;
    }
    Ok(())
}
