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

/// All of them, the smallest first.
pub fn presets() -> impl Iterator<Item = Preset> {
    PRESETS.into_iter().filter_map(|name| text(name).map(|text| Preset { name, text }))
}

/// The file of a preset, parsed.
pub(crate) fn parsed(name: &str) -> Option<Node> {
    parse_document(text(name)?, 0).ok()
}

fn text(name: &str) -> Option<&'static str> {
    macro_rules! shipped {
        ($($name:literal),*) => {
            match name {
                $($name => Some(include_str!(concat!("../presets/", $name, ".toml"))),)*
                _ => None,
            }
        };
    }
    shipped!("tutorial")
}
