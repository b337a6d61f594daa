//! `preset`: the architectures inside the program.

use crate::exit::{Exit, failure};
use crate::output::json::say_json;
use crate::output::stdout::say;
use crate::output::table::plain;
use anyhow::Result;
use clap::Args;
use convsweep_plan::{Preset, nearest, presets};
use serde_json::{Value, json};

const NOTE: &str = "\n[model] with preset = \"NAME\" and parameters = { … } uses one; \
    a printed one can be changed into layers of your own.";

/// Arguments of `preset`.
#[derive(Debug, Args)]
pub struct PresetArgs {
    /// Its name.
    pub name: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Lists the presets, or prints the file of one.
///
/// # Errors
/// If there is no such preset.
pub fn preset(args: &PresetArgs) -> Result<Exit> {
    if let Some(name) = &args.name {
        let preset = find_preset(name)?;
        match args.json {
            true => say_json(&object(&preset))?,
            false => say(preset.text.trim_end())?,
        }
        return Ok(Exit::Complete);
    }
    if args.json {
        let objects: Vec<Value> = presets().map(|preset| object(&preset)).collect();
        say_json(&json!({ "presets": objects }))?;
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

fn object(preset: &Preset) -> Value {
    json!({ "preset": preset.name, "about": preset.about(), "text": preset.text })
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
