//! Files that should be images, before anything looks into them.

use super::class_order::class_order;
use crate::DataError;
use convsweep_spec::data::{LeftOut, ReadPlace, SetPart};
use convsweep_spec::words::thousands;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Maximum number of classes of a set: labels are 16-bit numbers.
pub(super) const MAX_CLASSES: usize = u16::MAX as usize;

/// A file that should be an image.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ListedFile {
    /// Path relative to the set's root, with `/`; bytes that are no UTF-8 are written as `\xE9`.
    pub(super) path: String,
    /// The path to open, where `path` is not it.
    pub(super) file: Option<PathBuf>,
    /// Label.
    pub(super) class: u16,
    /// What the source says it is for.
    pub(super) part: SetPart,
    /// Index of the place where it was found.
    pub(super) place: usize,
}

impl ListedFile {
    /// The path to open, below the set's root.
    pub(super) fn below(&self, root: &Path) -> PathBuf {
        match &self.file {
            Some(file) => root.join(file),
            None => root.join(&self.path),
        }
    }
}

/// The files of a folder or table, and what their labels mean.
#[derive(Debug, Default, PartialEq)]
pub(super) struct FileListing {
    /// The folder that paths are relative to.
    pub(super) root: PathBuf,
    /// Class names, by label.
    pub(super) classes: Vec<String>,
    /// Files, sorted by path.
    pub(super) files: Vec<ListedFile>,
    /// Where images were found, and what they are for.
    pub(super) places: Vec<ReadPlace>,
    /// Files that are not among them.
    pub(super) left_out: Vec<LeftOut>,
    /// What a person should know.
    pub(super) notes: Vec<String>,
}

/// Notes of one kind that are told, before the rest of them is counted.
const MOST_NOTES: usize = 5;

/// The first notes of one kind, and how many more there are.
pub(super) fn first_notes(mut notes: Vec<String>) -> Vec<String> {
    let more = notes.len().saturating_sub(MOST_NOTES);
    notes.truncate(MOST_NOTES);
    if more > 0 {
        let last = notes.pop().unwrap_or_default();
        notes.push(format!("{last}; {} more like this", thousands(more as u64)));
    }
    notes
}

/// The numbers of classes by their names, in the order in which classes are numbered.
pub(super) fn numbered(names: &mut [String]) -> HashMap<String, u16> {
    class_order(names);
    let numbers = names.iter().cloned().zip(0..);
    numbers.collect()
}

/// Refuses a number of classes that cannot be told apart.
pub(super) fn judge_classes(count: usize, found: impl Fn() -> String) -> Result<(), DataError> {
    match count {
        2..=MAX_CLASSES => Ok(()),
        _ => Err(DataError::Invalid(format!(
            "{}, 2 to 65,535 expected",
            found()
        ))),
    }
}
