//! A commented file to start from, with layers of one's own or a published architecture.

use crate::language::presets::Preset;

const STARTER: &str = include_str!("starter.toml");

/// The file, a TOML text; with a preset, about that architecture on CIFAR-10.
pub fn starter(preset: Option<&Preset>) -> String {
    let Some(preset) = preset else {
        return STARTER.to_string();
    };
    let parameters = preset
        .text
        .lines()
        .find(|line| line.starts_with("parameters"));
    let knobs = parameters.map_or(String::new(), |line| {
        format!("# {line}   # its own knobs, with their defaults\n")
    });
    let model = format!(
        "[model]\npreset = \"{}\"   # {}\n{knobs}# `convsweep preset {0}` prints its layers, to copy and change\n\n",
        preset.name,
        preset.about()
    );
    let mut text = STARTER.replace(
        "\"first\"     ",
        &format!("{:<12}", format!("\"{}\"", preset.name)),
    );
    for (from, to) in [
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
    ] {
        text = text.replace(from, to);
    }
    let (model_at, train_at) = (
        text.find("[model]").unwrap_or(0),
        text.find("[train]").unwrap_or(0),
    );
    text.replace_range(model_at..train_at, &model);
    text
}
