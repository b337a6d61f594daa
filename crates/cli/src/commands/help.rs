//! `help`: of a command as by `--help`, and pages about topics.

use crate::exit::{Exit, failure};
use crate::help::{TOPICS, topic};
use crate::output::stdout::open_stdout;
use crate::streams::settle_errors;
use anyhow::Result;
use clap::Args;
use convsweep_plan::nearest;

/// Arguments of `help`.
#[derive(Debug, Args)]
pub struct HelpArgs {
    /// A topic, such as scripting, or a command, such as run or data fetch.
    #[arg(value_name = "TOPIC|COMMAND")]
    pub words: Vec<String>,
}

/// Prints the help of a command, a page about a topic, or, without either, what there is. What is
/// both has both.
///
/// # Errors
/// If there is neither such a command nor such a topic.
pub fn help(args: &HelpArgs, interface: &clap::Command) -> Result<Exit> {
    let page = match args.words.as_slice() {
        [name] => topic(name),
        _ => None,
    };
    let is_command = find(interface, &args.words);
    if !is_command && page.is_none() {
        return Err(unknown(&args.words, interface));
    }
    settle_errors();
    if is_command {
        command_help(interface, &args.words)?;
    }
    if let Some(page) = page {
        let mut out = open_stdout();
        let before = if is_command { "\n" } else { "" };
        out.write(format!("{before}{}\n", page.shown()).as_bytes())?;
        out.flush()?;
    }
    Ok(Exit::Complete)
}

/// Whether there is such a command.
fn find(interface: &clap::Command, words: &[String]) -> bool {
    let mut command = interface;
    for word in words {
        let Some(found) = command.find_subcommand(word) else {
            return false;
        };
        command = found;
    }
    true
}

/// Prints what `--help` prints.
fn command_help(interface: &clap::Command, words: &[String]) -> Result<()> {
    let program = interface.get_name().to_string();
    let words = words.iter().cloned();
    let line = [program].into_iter().chain(words).chain(["--help".into()]);
    match interface.clone().try_get_matches_from(line) {
        Err(help) => Ok(help.print()?),
        Ok(_) => Ok(()),
    }
}

fn unknown(words: &[String], interface: &clap::Command) -> anyhow::Error {
    let words = words.join(" ");
    let topics: Vec<&str> = TOPICS.iter().map(|topic| topic.name).collect();
    let commands = interface.get_subcommands().map(clap::Command::get_name);
    let known: Vec<&str> = topics.iter().copied().chain(commands).collect();
    let meant = match nearest(&words, &known) {
        Some(meant) => format!("did you mean \"{meant}\"? "),
        None => String::new(),
    };
    let message = format!(
        "there is neither a command nor a topic \"{words}\"; {meant}topics: {}; \
        `convsweep --help` lists the commands",
        topics.join(", ")
    );
    failure(Exit::Wrong, message)
}
