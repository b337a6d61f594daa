//! Finds, unpacks and verifies the files of a published set.

use super::set::{DataFile, FileLayout, PublishedSet};
use crate::DataError;
use crate::checksum::{checksum, read};
use convsweep_spec::words::thousands;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Path of a file in `folder`, gzipped or not; `None` if it is missing.
pub(super) fn present(set: &PublishedSet, folder: &Path, file: &DataFile) -> Option<PathBuf> {
    let plain = folder.join(&file.name);
    if plain.is_file() {
        return Some(plain);
    }
    let gzipped = folder.join(format!("{}.gz", file.name));
    let may_be_gzipped = set.layout == FileLayout::Idx;
    (may_be_gzipped && gzipped.is_file()).then_some(gzipped)
}

/// Path and unpacked content of a file whose size and checksum are right.
pub(super) fn content(
    set: &PublishedSet,
    folder: &Path,
    file: &DataFile,
) -> Result<(PathBuf, Vec<u8>), DataError> {
    let Some(path) = present(set, folder, file) else {
        let path = folder.join(&file.name);
        return Err(DataError::Missing(format!(
            "{} is not there",
            path.display()
        )));
    };
    let mut bytes = read(&path)?;
    if path.extension().is_some_and(|e| e == "gz") {
        bytes = unpack(&path, &bytes, file.bytes)?;
    }
    verify(set, &path, file, &bytes)?;
    Ok((path, bytes))
}

/// The content of a gzipped file.
fn unpack(path: &Path, gzipped: &[u8], expected_bytes: u64) -> Result<Vec<u8>, DataError> {
    let mut unpacked = Vec::with_capacity(expected_bytes as usize);
    // One byte more than expected is enough to know that the content is too long.
    flate2::read::MultiGzDecoder::new(gzipped)
        .take(expected_bytes + 1)
        .read_to_end(&mut unpacked)
        .map_err(|e| DataError::damaged(path, format!("not a complete gzip file: {e}")))?;
    Ok(unpacked)
}

fn verify(set: &PublishedSet, path: &Path, file: &DataFile, bytes: &[u8]) -> Result<(), DataError> {
    let remedy = format!("; delete it and fetch {} again", set.name);
    let found = bytes.len() as u64;
    if found != file.bytes {
        let (found, expected) = (thousands(found), thousands(file.bytes));
        return Err(DataError::damaged(
            path,
            format!("{found} bytes found, {expected} expected{remedy}"),
        ));
    }
    let Some(expected) = &file.sha256 else {
        return Ok(());
    };
    let found = checksum::<sha2::Sha256>(bytes);
    if found != *expected {
        return Err(DataError::damaged(
            path,
            format!("SHA-256 {found} found, {expected} expected{remedy}"),
        ));
    }
    Ok(())
}

/// Refuses a label that no class has; a set without a published checksum may be damaged there.
pub(super) fn check_label(
    set: &PublishedSet,
    path: &Path,
    row: usize,
    label: u8,
) -> Result<(), DataError> {
    let last = set.classes.len() - 1;
    if usize::from(label) > last {
        return Err(DataError::damaged(
            path,
            format!("image {row} has label {label}, at most {last} expected"),
        ));
    }
    Ok(())
}
