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
}

/// Finds the image files in a folder and below it; links are followed once.
///
/// # Errors
/// If a folder cannot be read.
pub fn find_images(folder: &Path) -> Result<FoundImages, DataError> {
    let name = folder.display().to_string();
    let name = name.trim_end_matches('/');
    let mut walk = FolderWalk::default();
    walk.reserve(folder, name)?;
    let mut images = Vec::new();
    for found in walk.images(folder, name)? {
        images.push(found.path);
    }
    images.sort();
    Ok(FoundImages {
        images,
        left_out: walk.left_out,
    })
}
