//! Published architectures, shipped as files of the language.

use crate::source::tree::{Node, parse_document};

/// A shipped architecture.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// Its name, as in `preset = "NAME"`.
    pub name: &'static str,
    /// Its file: a comment that says what it is and where it was published, `[model]` and
    /// `[blocks]`.
    pub text: &'static str,
}

impl Preset {
    /// What it is, in a line: the first of its file.
    pub fn about(&self) -> &'static str {
        self.text
            .lines()
            .next()
            .unwrap_or_default()
            .trim_start_matches("# ")
    }
}

/// Names and texts from one list of files in `presets/`.
macro_rules! shipped {
    ($($name:literal)*) => {
        /// Names of the shipped architectures.
        pub(crate) const NAMES: &[&str] = &[$($name),*];
        const TEXTS: &[&str] = &[$(include_str!(concat!("../../presets/", $name, ".toml"))),*];
    };
}

shipped! {
    "tutorial"
    "lenet5"
    "vgg11"
    "vgg16"
    "resnet20"
    "resnet32"
    "resnet44"
    "resnet56"
    "resnet18"
    "resnet50"
    "googlenet"
    "inception-small"
    "densenet-bc-100-12"
    "mobilenet-v2"
    "squeezenet"
}

/// All of them.
pub fn presets() -> impl Iterator<Item = Preset> {
    NAMES
        .iter()
        .zip(TEXTS)
        .map(|(name, text)| Preset { name, text })
}

/// The one of that name.
pub fn preset(name: &str) -> Option<Preset> {
    presets().find(|preset| preset.name == name)
}

/// The file of a preset, parsed.
pub(crate) fn parsed(name: &str) -> Option<Node> {
    parse_document(preset(name)?.text, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_its_file() {
        for Preset { name, text } in presets() {
            let root = parsed(name).unwrap_or_else(|| panic!("{name} is no TOML"));
            assert!(
                root.get("model").is_some_and(|m| m.get("layers").is_some()),
                "{name}"
            );
            assert!(text.starts_with("# "), "{name} does not say what it is");
        }
    }
}
