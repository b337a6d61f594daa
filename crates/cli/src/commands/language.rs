//! Help for writing files and commands: `new`, `reference`, `schema`, `completions`, `man`.

use super::preset::find_preset;
use crate::exit::{Code, Exit};
use crate::output::json::{say_document, say_json};
use crate::output::stdout::say;
use anyhow::Result;
use clap::Args;
use convsweep_files::FileError;
use std::path::PathBuf;

/// Arguments of `new`.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// Start from this published architecture; `convsweep preset` lists them.
    pub preset: Option<String>,
}

/// Arguments of `reference`.
#[derive(Debug, Args)]
pub struct ReferenceArgs {
    /// Print JSON: a list of all keys, each with where it may stand.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell.
    pub shell: clap_complete::Shell,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The folder, which is made if it does not exist.
    pub folder: PathBuf,
}

/// Prints a commented file to start from.
///
/// # Errors
/// If there is no such preset.
pub fn new(args: &NewArgs) -> Result<Exit> {
    let preset = match &args.preset {
        Some(name) => Some(find_preset(name)?),
        None => None,
    };
    say(convsweep_plan::starter(preset.as_ref()).trim_end())?;
    Ok(Exit::Complete)
}

/// Prints every key of an experiment file.
///
/// # Errors
/// If stdout cannot be written.
pub fn reference(args: &ReferenceArgs) -> Result<Exit> {
    match args.json {
        true => say_json(&convsweep_plan::reference_json())?,
        false => say(convsweep_plan::reference().trim_end())?,
    }
    Ok(Exit::Complete)
}

/// Prints the JSON Schema of an experiment file.
///
/// # Errors
/// If stdout cannot be written.
pub fn schema() -> Result<Exit> {
    say_document(&convsweep_plan::json_schema())?;
    Ok(Exit::Complete)
}

/// Prints what a shell needs to complete this command line.
///
/// # Errors
/// If stdout cannot be written.
pub fn completions(args: &CompletionsArgs, mut interface: clap::Command) -> Result<Exit> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut interface, "convsweep", &mut text);
    say(String::from_utf8_lossy(&text).trim_end())?;
    Ok(Exit::Complete)
}

/// Writes a man page for the program and for each command.
///
/// # Errors
/// If the folder or a page cannot be written.
pub fn man(args: &ManArgs, interface: clap::Command) -> Result<Exit> {
    let folder = &args.folder;
    let made = std::fs::create_dir_all(folder);
    let written = made.and_then(|()| clap_mangen::generate_to(interface, folder));
    let written = written.map_err(FileError::at("write man pages into", folder));
    written.code(Exit::Wrong)?;
    Ok(Exit::Complete)
}
