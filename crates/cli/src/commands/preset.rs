//! `preset`: the architectures inside the program.

use crate::exit::{Exit, failure};
use crate::output::stdout::say;
use crate::output::table::plain;
use anyhow::Result;
use clap::Args;
use convsweep_plan::{Preset, nearest, presets};

const NOTE: &str = "\n[model] with preset = \"NAME\" and parameters = { … } uses one; \
    a printed one can be changed into layers of your own.";

/// Arguments of `preset`.
#[derive(Debug, Args)]
pub struct PresetArgs {
    /// Its name.
    pub name: Option<String>,
}

/// Lists the presets, or prints the file of one.
///
/// # Errors
/// If there is no such preset.
pub fn preset(args: &PresetArgs) -> Result<Exit> {
    if let Some(name) = &args.name {
        say(find_preset(name)?.text.trim_end())?;
        return Ok(Exit::Complete);
    }
    let mut rows = Vec::new();
    for preset in presets() {
        rows.push(vec![preset.name.to_string(), preset.about().to_string()]);
    }
    say(&plain(&["preset", "what it is"], &rows))?;
    say(NOTE)?;
    Ok(Exit::Complete)
}

/// The preset of that name.
///
/// # Errors
/// If there is none; the message lists all presets.
pub fn find_preset(name: &str) -> Result<Preset> {
    convsweep_plan::preset(name).ok_or_else(|| {
        let names: Vec<&str> = presets().map(|preset| preset.name).collect();
        let meant = match nearest(name, &names) {
            Some(meant) => format!("did you mean \"{meant}\"? "),
            None => String::new(),
        };
        let known = names.join(", ");
        let message = format!("there is no preset \"{name}\"; {meant}known: {known}");
        failure(Exit::Wrong, message)
    })
}
