//! Paths of fetched files in the data cache.

use crate::published::{Download, FileLayout, PublishedSet, find_folder};
use std::path::{Path, PathBuf};

/// Where a fetched file goes: an archive into the cache itself, other files into the set's folder.
pub(super) fn place(cache: &Path, set: &PublishedSet, download: &Download) -> PathBuf {
    match set.layout {
        FileLayout::Cifar { .. } => cache.join(&download.name),
        FileLayout::Idx => cache.join(set.folder).join(&download.name),
    }
}

/// Whether all files of the set are in its folder.
pub(super) fn is_present(cache: &Path, set: &PublishedSet) -> bool {
    find_folder(set, &[cache.join(set.folder)]).is_some()
}

/// Name of the lock that a process holds while it fetches or unpacks the set.
pub(super) fn lock_name(set: &PublishedSet) -> String {
    format!("fetch-{}", set.name)
}
