//! Reads the images of a published set.

use super::cifar;
use super::content::present;
use super::idx;
use super::set::{FileLayout, PublishedSet};
use crate::DataError;
use crate::sink::ImageSink;
use std::path::{Path, PathBuf};

/// The first folder among `candidates` that holds every file of the set. Only names are looked at;
/// contents are checked when they are read.
pub(crate) fn find_folder(set: &PublishedSet, candidates: &[PathBuf]) -> Option<PathBuf> {
    candidates
        .iter()
        .find(|folder| set.files().all(|file| present(set, folder, file).is_some()))
        .cloned()
}

/// Gives every image of the set to `sink`, the training images first, and checks the files on the
/// way.
pub(crate) fn read(
    set: &PublishedSet,
    folder: &Path,
    sink: &mut ImageSink,
) -> Result<(), DataError> {
    for files in [&set.train, &set.test] {
        match set.layout {
            FileLayout::Cifar { label_bytes } => {
                for file in files {
                    cifar::read(set, folder, file, label_bytes, sink)?;
                }
            }
            FileLayout::Idx => idx::read(set, folder, files, sink)?,
        }
    }
    Ok(())
}
