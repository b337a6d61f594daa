//! `preset`: the architectures inside the program.

use super::say;
use crate::exit::{Exit, Failure};
use crate::table::plain;
use anyhow::Result;
use convsweep_plan::presets;

/// Lists the presets, or prints the file of one.
pub fn preset(name: Option<&str>) -> Result<Exit> {
    let Some(name) = name else {
        let rows: Vec<_> = presets().map(|p| vec![p.name.to_string(), p.about().to_string()]).collect();
        say(&plain(&["preset", "what it is"], &rows))?;
        say(
            "\n[model] with preset = \"NAME\" and parameters = { … } uses one; printed, it is a beginning for layers of your own.",
        )?;
        return Ok(Exit::Complete);
    };
    let Some(preset) = presets().find(|p| p.name == name) else {
        let known: Vec<_> = presets().map(|p| p.name).collect();
        let message = format!("there is no preset \"{name}\"; known: {}", known.join(", "));
        return Err(Failure { exit: Exit::Wrong, message }.into());
    };
    say(preset.text.trim_end())?;
    Ok(Exit::Complete)
}
