//! `check`: reads everything that is kept, and lists what is damaged and what cannot be vouched
//! for.

use crate::context::Context;
use crate::exit::{Code, Exit};
use crate::output::stdout::say;
use crate::streams::say_error;
use anyhow::Result;
use clap::Args;
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
    found: CheckReport,
}

/// Checks everything that is kept: exit code 5 if anything is damaged.
///
/// # Errors
/// If it cannot be read.
pub fn check(context: &Context, args: &CheckArgs) -> Result<Exit> {
    let sections = [logs_and_database(context, args)?];
    let mut problems = 0;
    for section in &sections {
        print(section)?;
        problems += section.found.problems.len();
    }
    if problems == 0 {
        return Ok(Exit::Complete);
    }
    say_error(&counted(problems as u64, "problem"));
    Ok(Exit::Results)
}

fn logs_and_database(context: &Context, args: &CheckArgs) -> Result<Section> {
    let found = if args.quick {
        convsweep_store::quick_check(&context.results)
    } else {
        convsweep_store::check(&context.results)
    };
    let all_is_well = if args.quick {
        "the database and the samples of the logs are sound"
    } else {
        "the database is valid and agrees with the logs"
    };
    Ok(Section {
        all_is_well,
        found: found.code(Exit::Results)?,
    })
}

fn print(section: &Section) -> Result<()> {
    let CheckReport { problems, notes } = &section.found;
    for problem in problems {
        say(problem)?;
    }
    for note in notes {
        say(&format!("note: {note}"))?;
    }
    if problems.is_empty() {
        say(section.all_is_well)?;
    }
    Ok(())
}
