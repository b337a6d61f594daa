//! Folders that hold folders of classes.

use super::file_kind::{NameKind, kind_of_name};
use super::walk::{Entry, entries, holds};
use crate::DataError;
use convsweep_spec::data::SetPart;
use std::path::{Path, PathBuf};

/// A folder that holds folders of classes.
pub(super) struct PartFolder {
    /// Name relative to the set's folder; empty for the set's folder itself.
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) part: SetPart,
}

/// The folder that holds the folders of the classes: a folder whose only content is a folder of
/// folders is passed through, as in `train/train/cat`.
pub(super) fn innermost(name: &str, path: &Path) -> Result<(String, PathBuf), DataError> {
    let inside = entries(path)?;
    let folders: Vec<&Entry> = inside.iter().filter(|e| is_plain_folder(e)).collect();
    if let [only] = folders.as_slice() {
        let below = entries(&only.path)?;
        let holds_folders = below.iter().any(is_plain_folder);
        let holds_images = below.iter().any(is_image);
        if holds_folders && !holds_images {
            return innermost(&format!("{name}/{}", only.name), &only.path);
        }
    }
    Ok((name.to_string(), path.to_owned()))
}

pub(super) fn is_plain_folder(entry: &Entry) -> bool {
    entry.is_folder && entry.why_not_looked_into().is_none()
}

pub(super) fn is_image(entry: &Entry) -> bool {
    !entry.is_folder && kind_of_name(&entry.name) == NameKind::Image
}

/// Whether folders in a folder hold images.
pub(super) fn holds_classes(folder: &Path) -> Result<bool, DataError> {
    for entry in entries(folder)?.iter().filter(|e| is_plain_folder(e)) {
        if holds(&entry.path, |e| is_image(e) || is_plain_folder(e))? {
            return Ok(true);
        }
    }
    Ok(false)
}
