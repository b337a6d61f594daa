//! Published architectures, shipped as files of the language.

use crate::schema::layers::PRESETS;
use crate::tree::{Node, parse_document};

/// A shipped architecture.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// Its name, as in `preset = "NAME"`.
    pub name: &'static str,
    /// Its file: a comment that says what it is and where it was published, `[model]` and `[blocks]`.
    pub text: &'static str,
}

impl Preset {
    /// What it is, in a line: the first of its file.
    pub fn about(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default().trim_start_matches("# ")
    }
}

/// All of them.
pub fn presets() -> impl Iterator<Item = Preset> {
    PRESETS.into_iter().filter_map(|name| text(name).map(|text| Preset { name, text }))
}

/// The file of a preset, parsed.
pub(crate) fn parsed(name: &str) -> Option<Node> {
    parse_document(text(name)?, 0).ok()
}

macro_rules! text {
    ($name:expr, $($known:literal),*) => {
        match $name {
            $($known => Some(include_str!(concat!("../presets/", $known, ".toml"))),)*
            _ => None,
        }
    };
}

fn text(name: &str) -> Option<&'static str> {
    text!(
        name,
        "tutorial",
        "lenet5",
        "vgg11",
        "vgg16",
        "resnet20",
        "resnet32",
        "resnet44",
        "resnet56",
        "resnet18",
        "resnet50",
        "googlenet",
        "inception-small",
        "densenet-bc-100-12",
        "mobilenet-v2",
        "squeezenet"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_its_file() {
        for name in PRESETS {
            let root = parsed(name).unwrap_or_else(|| panic!("{name} is no TOML"));
            assert!(root.get("model").is_some_and(|m| m.get("layers").is_some()), "{name}");
            assert!(text(name).is_some_and(|t| t.starts_with("# ")), "{name} does not say what it is");
        }
    }
}
