//! What may be chosen about images that are not as one would have them.

use serde::{Deserialize, Serialize};

/// How the brightness of a colour is computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Luma {
    /// 0.2126 red + 0.7152 green + 0.0722 blue (ITU-R BT.709), as older versions of the program
    /// did; also where nothing is converted.
    #[default]
    Rec709,
    /// 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601), as Pillow, torchvision and TensorFlow.
    Rec601,
}

impl Luma {
    pub(super) fn is_neutral(&self) -> bool {
        *self == Luma::default()
    }
}

/// What to do with a class without images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EmptyClasses {
    /// Refuse the set, naming the class.
    #[default]
    Error,
    /// Leave the class out.
    Drop,
}

impl EmptyClasses {
    pub(super) fn is_neutral(&self) -> bool {
        *self == EmptyClasses::default()
    }
}

/// What to do with an image that is in two parts of the split, or under two labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Copies {
    /// Use it, and say so.
    #[default]
    Warn,
    /// Refuse the set.
    Error,
    /// Use it for training only.
    KeepInTraining,
}

impl Copies {
    pub(super) fn is_neutral(&self) -> bool {
        *self == Copies::default()
    }
}
