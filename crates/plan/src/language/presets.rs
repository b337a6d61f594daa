//! Published architectures, shipped as experiment files with a `[model]` and its `[blocks]`.

use crate::source::parse::parse_document;
use crate::source::tree::Node;

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
    /// What it is, in one line: the first of its file.
    pub fn about(&self) -> &'static str {
        let first = self.text.lines().next().unwrap_or_default();
        first.trim_start_matches("# ")
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
    "vgg13"
    "vgg16"
    "resnet20"
    "resnet32"
    "resnet44"
    "resnet56"
    "resnet18"
    "resnet34"
    "resnet50"
    "googlenet"
    "inception-small"
    "densenet-bc-100-12"
    "densenet121"
    "mobilenet-v2"
    "squeezenet"
    "squeezenet-1-0"
}

/// All shipped architectures.
pub fn presets() -> impl Iterator<Item = Preset> {
    NAMES
        .iter()
        .zip(TEXTS)
        .map(|(name, text)| Preset { name, text })
}

/// The architecture of this name.
pub fn preset(name: &str) -> Option<Preset> {
    presets().find(|preset| preset.name == name)
}

/// The file of a preset as a tree.
pub(crate) fn parsed(name: &str) -> Option<Node> {
    parse_document(preset(name)?.text, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_has_a_description_and_layers() {
        for Preset { name, text } in presets() {
            let root = parsed(name).unwrap_or_else(|| panic!("{name} is not valid TOML"));
            let layers = root.get("model").and_then(|model| model.get("layers"));
            assert!(layers.is_some(), "{name} has no layers");
            assert!(text.starts_with("# "), "{name} has no description");
        }
    }
}
