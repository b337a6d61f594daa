//! Unpacks the archives of published sets.

use super::download::verify;
use super::places::{is_present, lock_name, place};
use crate::DataError;
use crate::lock::CacheLock;
use crate::published::{FileLayout, PublishedSet};
use convsweep_files::{Durability, NewFile};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

/// Unpacks the archives of a set if they are in the cache; false if they are not.
pub(crate) fn unpack_present(cache: &Path, set: &PublishedSet) -> Result<bool, DataError> {
    let is_archived = matches!(set.layout, FileLayout::Cifar { .. });
    let is_there = |d| place(cache, set, d).is_file();
    if !is_archived || !set.downloads.iter().all(is_there) {
        return Ok(false);
    }
    let _lock = CacheLock::acquire(cache, &lock_name(set))?;
    if !is_present(cache, set) {
        unpack(cache, set)?;
    }
    Ok(true)
}

/// Verifies the set's archives and extracts its files, by file name: their folder in the
/// archive does not matter.
pub(super) fn unpack(cache: &Path, set: &PublishedSet) -> Result<(), DataError> {
    let folder = cache.join(set.folder);
    std::fs::create_dir_all(&folder).map_err(DataError::io("make folder", &folder))?;
    for download in &set.downloads {
        let archive = place(cache, set, download);
        verify(&archive, download)?;
        extract(&archive, set, &folder)?;
    }
    match set.files().find(|file| !folder.join(&file.name).is_file()) {
        Some(file) => Err(DataError::damaged(
            &folder,
            format!("{} was not in the archive", file.name),
        )),
        None => Ok(()),
    }
}

fn extract(archive: &Path, set: &PublishedSet, folder: &Path) -> Result<(), DataError> {
    let broken = |e: io::Error| DataError::damaged(archive, format!("not a complete archive: {e}"));
    let file = File::open(archive).map_err(DataError::io("read", archive))?;
    let mut tar = tar::Archive::new(MultiGzDecoder::new(BufReader::new(file)));
    for entry in tar.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let path = entry.path().map_err(broken)?.into_owned();
        let Some(name) = path.file_name() else {
            continue;
        };
        if !set.files().any(|file| name == file.name.as_str()) {
            continue;
        }
        let mut file = NewFile::create(&folder.join(name))?;
        io::copy(&mut entry, &mut file).map_err(|e| DataError::io("write", file.partial())(e))?;
        file.finish(Durability::Content)?;
    }
    Ok(())
}
