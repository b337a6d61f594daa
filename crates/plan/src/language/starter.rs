//! A commented file to start from, with layers of its own or with a published architecture.

use super::presets::Preset;

const STARTER: &str = include_str!("starter.toml");

/// Texts of the starter that a preset changes, and what they become.
const CHANGES_FOR_PRESET: &[(&str, &str)] = &[
    (
        "How wide must a small CNN be, and how large its learning rate?",
        "Which learning rate suits this network?",
    ),
    (
        "\"shapes\"                # drawn by the program; or \"cifar10\",",
        "\"cifar10\"               # or \"shapes\", which the program draws,",
    ),
    ("# limit = 1000 ", "limit = 10000  "),
    ("\"model.parameters.width\" = [8, 16, 32]\n", ""),
];

/// The file as TOML; with a preset, about that architecture on CIFAR-10.
pub fn starter(preset: Option<&Preset>) -> String {
    let Some(preset) = preset else {
        return STARTER.to_string();
    };
    let name = format!("{:<12}", format!("\"{}\"", preset.name));
    let mut text = STARTER.replace("\"first\"     ", &name);
    for (from, to) in CHANGES_FOR_PRESET {
        text = text.replace(from, to);
    }
    if let (Some(model), Some(train)) = (text.find("[model]"), text.find("[train]")) {
        text.replace_range(model..train, &model_section(preset));
    }
    text
}

fn model_section(preset: &Preset) -> String {
    let name = preset.name;
    let mut section = format!("[model]\npreset = \"{name}\"   # {}\n", preset.about());
    let mut lines = preset.text.lines();
    if let Some(parameters) = lines.find(|line| line.starts_with("parameters")) {
        section += &format!("# {parameters}   # its parameters with their defaults\n");
    }
    section + &format!("# `convsweep preset {name}` prints its layers, to copy and change\n\n")
}
