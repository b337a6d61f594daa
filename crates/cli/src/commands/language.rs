//! What helps to write a file: `new`, `reference`, `schema`, `completions`.

use super::preset::known;
use crate::args::Cli;
use crate::exit::Exit;
use crate::output::stdout::{say, say_json};
use anyhow::Result;
use clap::CommandFactory;

/// Prints a commented file to start from.
pub fn new(preset: Option<&str>) -> Result<Exit> {
    let preset = preset.map(known).transpose()?;
    say(convsweep_plan::starter(preset.as_ref()).trim_end())?;
    Ok(Exit::Complete)
}

/// Prints every key of the language.
pub fn reference() -> Result<Exit> {
    say(convsweep_plan::reference().trim_end())?;
    Ok(Exit::Complete)
}

/// Prints the language's JSON Schema.
pub fn schema() -> Result<Exit> {
    say_json(&convsweep_plan::json_schema())?;
    Ok(Exit::Complete)
}

/// Prints what a shell needs to complete our words.
pub fn completions(shell: clap_complete::Shell) -> Result<Exit> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "convsweep", &mut text);
    say(String::from_utf8_lossy(&text).trim_end())?;
    Ok(Exit::Complete)
}
