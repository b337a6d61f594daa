//! `check`: reads everything that is kept, and lists what is damaged and what cannot be vouched
//! for.

use crate::context::Context;
use crate::exit::{self, Code, Exit};
use crate::integrity::{FilesFound, check_files};
use crate::output::json::say_json;
use crate::output::stdout::say;
use crate::streams::say_error;
use anyhow::Result;
use clap::Args;
use convsweep_runner::lock_holder;
use convsweep_spec::words::counted;
use convsweep_store::CheckReport;
use serde_json::{Value, json};

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Read samples only, and say which.
    #[arg(long)]
    pub quick: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// A part of what is kept, and what was found in it.
struct Section {
    /// What it is about, in JSON.
    name: &'static str,
    /// What is said if nothing is wrong with it.
    all_is_well: &'static str,
    problems: Vec<String>,
    notes: Vec<String>,
    unread: Vec<String>,
}

/// What is asked of both sections.
#[derive(Clone, Copy)]
struct Asked {
    is_quick: bool,
    /// Whether a run is in progress.
    is_running: bool,
}

/// Checks everything that is kept: exit code 5 if anything is damaged or could not be read.
///
/// # Errors
/// If it cannot be read.
pub fn check(context: &Context, args: &CheckArgs) -> Result<Exit> {
    let (mut errors, mut objects) = (Vec::new(), Vec::new());
    let (mut problems, mut unread) = (0, 0);
    // What one section found is told even if the other one cannot be read.
    for section in sections(context, args.quick) {
        match section {
            Ok(section) => {
                match args.json {
                    true => objects.push(object(&section)),
                    false => print(&section)?,
                }
                problems += section.problems.len();
                unread += section.unread.len();
            }
            Err(error) => errors.push(error),
        }
    }
    if args.json {
        let unchecked: Vec<String> = errors.iter().map(|error| format!("{error:#}")).collect();
        say_json(&json!({ "checked": objects, "not_checked": unchecked }))?;
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
    let last = errors.pop();
    for error in errors {
        say_error(&format!("error: {error:#}"));
    }
    match last {
        Some(error) if args.json => {
            say_error(&format!("error: {error:#}"));
            Ok(exit::of(&error))
        }
        Some(error) => Err(error),
        None if problems + unread > 0 => Ok(Exit::Results),
        None => Ok(Exit::Complete),
    }
}

/// Both sections, which are checked alike while a run is in progress. If anything is found and a run
/// has begun meanwhile, this may be its work: everything is checked once more.
fn sections(context: &Context, is_quick: bool) -> [Result<Section>; 2] {
    let mut is_running = note_run(context);
    loop {
        let asked = Asked {
            is_quick,
            is_running,
        };
        let found = [
            logs_and_database(context, asked),
            files_of_jobs(context, asked),
        ];
        if is_running || found.iter().all(is_sound) {
            return found;
        }
        is_running = note_run(context);
        if !is_running {
            return found;
        }
    }
}

/// Says if a run is in progress, and returns whether one is.
fn note_run(context: &Context) -> bool {
    let holder = lock_holder(&context.results);
    if let Some(holder) = &holder {
        let checked = "only jobs that have finished are checked";
        say_error(&format!(
            "note: {holder} uses the results folder: {checked}"
        ));
    }
    holder.is_some()
}

fn is_sound(section: &Result<Section>) -> bool {
    let sound = |section: &Section| section.problems.is_empty() && section.unread.is_empty();
    section.as_ref().is_ok_and(sound)
}

fn logs_and_database(context: &Context, asked: Asked) -> Result<Section> {
    let results = &context.results;
    let phase = context.phase("checking the database and the logs");
    let progress = |done, all| phase.step(done, all);
    let (found, all_is_well) = if asked.is_quick {
        let sound = "the database and the samples of the logs are sound";
        (convsweep_store::quick_check(results), sound)
    } else if asked.is_running {
        let sound = "the database is valid, and so is what the logs hold by now";
        (convsweep_store::check_during_run(results, &progress), sound)
    } else {
        let sound = "the database is valid and agrees with the logs";
        (convsweep_store::check_telling(results, &progress), sound)
    };
    let CheckReport { problems, notes } = found.code(Exit::Results)?;
    Ok(Section {
        name: "database and logs",
        all_is_well,
        problems,
        notes,
        unread: vec![],
    })
}

fn files_of_jobs(context: &Context, asked: Asked) -> Result<Section> {
    let found = check_files(context, asked.is_quick, asked.is_running)?;
    let FilesFound {
        problems,
        notes,
        unread,
    } = found;
    Ok(Section {
        name: "files of jobs",
        all_is_well: "the files of the jobs are as they were written",
        problems,
        notes,
        unread,
    })
}

fn object(section: &Section) -> Value {
    json!({
        "what": section.name,
        "problems": section.problems,
        "unread": section.unread,
        "notes": section.notes,
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
