//! Files that should be images, before anything looks into them.

use std::path::PathBuf;

/// Maximum number of classes of a set: labels are 16-bit numbers.
pub(super) const MAX_CLASSES: usize = u16::MAX as usize;

/// A file that should be an image.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ListedFile {
    /// Path relative to the set's root, with `/`.
    pub(super) path: String,
    /// Label.
    pub(super) class: u16,
    /// Whether the source counts it among its test images.
    pub(super) is_test: bool,
}

/// The files of a folder or table, and what their labels mean.
#[derive(Debug, PartialEq)]
pub(super) struct FileListing {
    /// The folder that paths are relative to.
    pub(super) root: PathBuf,
    /// Class names, by label.
    pub(super) classes: Vec<String>,
    /// Files, sorted by path.
    pub(super) files: Vec<ListedFile>,
}
