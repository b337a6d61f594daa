//! Finds, unpacks and verifies the files of a published set.

use super::set::{DataFile, FileLayout, PublishedSet};
use crate::DataError;
use convsweep_files::read_regular;
use convsweep_spec::words::thousands;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Bytes that a gzipped file may have beyond its content.
const GZIP_BYTES: u64 = 1 << 20;

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
    let is_gzipped = path.extension().is_some_and(|e| e == "gz");
    let found = fs::metadata(&path)
        .map_err(DataError::io("read", &path))?
        .len();
    // What is not as long as it should be is not read: it may be of any size.
    let most = if is_gzipped {
        file.bytes + GZIP_BYTES
    } else {
        file.bytes
    };
    if found > most || (!is_gzipped && found < most) {
        return Err(other_length(set, &path, file, found));
    }
    let mut bytes = read_regular(&path, most)?;
    if is_gzipped {
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
    let remedy = remedy(set);
    if bytes.len() as u64 != file.bytes {
        return Err(other_length(set, path, file, bytes.len() as u64));
    }
    match file.checksum.difference(bytes) {
        Some(difference) => Err(DataError::damaged(path, format!("{difference}{remedy}"))),
        None => Ok(()),
    }
}

/// The error of a file of `found` bytes.
fn other_length(set: &PublishedSet, path: &Path, file: &DataFile, found: u64) -> DataError {
    let (found, expected) = (thousands(found), thousands(file.bytes));
    let remedy = remedy(set);
    DataError::damaged(
        path,
        format!("{found} bytes found, {expected} expected{remedy}"),
    )
}

fn remedy(set: &PublishedSet) -> String {
    format!("; delete it and fetch {} again", set.name)
}

/// Refuses a label that no class has.
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
