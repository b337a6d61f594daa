//! `preset`: the architectures inside the program.

use crate::exit::{Exit, Failure};
use crate::output::stdout::say;
use crate::output::table::plain;
use anyhow::Result;
use convsweep_plan::{Preset, presets};

/// Lists the presets, or prints the file of one.
pub fn preset(name: Option<&str>) -> Result<Exit> {
    let Some(name) = name else {
        let rows: Vec<_> = presets()
            .map(|p| vec![p.name.to_string(), p.about().to_string()])
            .collect();
        say(&plain(&["preset", "what it is"], &rows))?;
        say(
            "\n[model] with preset = \"NAME\" and parameters = { … } uses one; printed, it is a beginning for layers of your own.",
        )?;
        return Ok(Exit::Complete);
    };
    let preset = known(name)?;
    say(preset.text.trim_end())?;
    Ok(Exit::Complete)
}

/// The preset of that name; the error lists those there are.
pub fn known(name: &str) -> Result<Preset> {
    convsweep_plan::preset(name).ok_or_else(|| {
        let known: Vec<_> = presets().map(|preset| preset.name).collect();
        let message = format!("there is no preset \"{name}\"; known: {}", known.join(", "));
        Failure {
            exit: Exit::Wrong,
            message,
        }
        .into()
    })
}
