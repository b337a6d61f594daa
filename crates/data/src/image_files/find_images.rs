//! The image files below a folder, whatever they show.

use super::walk::FolderWalk;
use crate::DataError;
use convsweep_spec::data::LeftOut;
use std::path::{Path, PathBuf};

/// The image files below a folder.
#[derive(Debug, Default)]
pub struct FoundImages {
    /// Their paths, sorted.
    pub images: Vec<PathBuf>,
    /// The files that are no images, by reason.
    pub left_out: Vec<LeftOut>,
    /// Why folders below it cannot be read, one for each.
    pub unreadable: Vec<DataError>,
}

/// Finds the image files in a folder and below it; links are followed once.
///
/// # Errors
/// If the folder itself cannot be read.
pub fn find_images(folder: &Path) -> Result<FoundImages, DataError> {
    let name = folder.display().to_string();
    let name = name.trim_end_matches('/');
    let mut walk = FolderWalk::default();
    walk.unreadable = Some(Vec::new());
    let found = walk.reserve(folder, name);
    let found = found.and_then(|_| walk.images(folder, name));
    let found = found.map_err(DataError::of_the_user)?;
    let mut images: Vec<PathBuf> = found.into_iter().map(|image| image.path).collect();
    images.sort();
    let unreadable = walk.unreadable.unwrap_or_default();
    Ok(FoundImages {
        images,
        left_out: walk.left_out,
        unreadable: unreadable.into_iter().map(DataError::of_the_user).collect(),
    })
}
