//! What is found when an image file is looked at.

use super::reading::{content, decoded, judge_bytes, judge_pixels};
use crate::DataError;
use crate::identity::content_hash;
use convsweep_files::not_regular;
use convsweep_spec::data::ImageLimits;
use serde::{Deserialize, Serialize};
use std::fs::{self, Metadata};
use std::io;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// What is known of an image file. The fields are kept in the manifest's JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct FileScan {
    /// Size in bytes.
    pub(super) bytes: u64,
    /// Last modification, in nanoseconds since 1970.
    pub(super) modified: u64,
    /// Hash of the content.
    pub(super) content: String,
    /// Height in pixels, after the EXIF orientation has been applied.
    pub(super) height: u32,
    /// Width in pixels.
    pub(super) width: u32,
    /// Whether it has no colour channels.
    pub(super) grey: bool,
    /// Why it cannot be decoded, if it cannot.
    pub(super) damage: Option<String>,
}

/// Reads, hashes and decodes a file, unless its size and modification time are those of
/// `previous`. What is no file, such as a pipe or a device, is damaged; it is not opened.
///
/// # Errors
/// `Invalid` for a file beyond the limits: it is not left out, so that no result depends on them.
pub(super) fn scan_file(
    path: &Path,
    previous: Option<&FileScan>,
    limits: &ImageLimits,
) -> Result<FileScan, DataError> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(missing(path)),
        Err(e) => return Err(DataError::io("read", path)(e)),
    };
    if let Some(why) = not_regular(metadata.file_type()) {
        return Ok(damaged(why));
    }
    judge_bytes(path, metadata.len(), limits)?;
    let (bytes, modified) = (metadata.len(), modified_nanoseconds(&metadata));
    if let Some(previous) = previous
        && previous.bytes == bytes
        && previous.modified == modified
    {
        judge_pixels(path, previous.height, previous.width, limits)?;
        return Ok(previous.clone());
    }
    let file = content(path, bytes, limits)?;
    let mut scan = FileScan {
        content: content_hash(&file.bytes),
        bytes,
        modified,
        ..damaged("")
    };
    match decoded(path, &file.bytes, limits, None)? {
        Ok(decoded) => {
            scan.damage = None;
            (scan.height, scan.width) = (decoded.image.height(), decoded.image.width());
            scan.grey = !decoded.image.color().has_color();
        }
        Err(problem) => scan.damage = Some(problem),
    }
    Ok(scan)
}

/// Nanoseconds since 1970; 0 on file systems that do not record the time.
fn modified_nanoseconds(metadata: &Metadata) -> u64 {
    metadata
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        .map_or(0, |duration| duration.as_nanos() as u64)
}

/// The scan of a file that a table or a link names and that does not exist.
fn missing(path: &Path) -> FileScan {
    match fs::symlink_metadata(path) {
        Ok(_) => damaged("is a link to a file that is not there"),
        Err(_) => damaged("is not there"),
    }
}

/// The scan of something that is no image.
fn damaged(problem: &str) -> FileScan {
    FileScan {
        bytes: 0,
        modified: 0,
        content: String::new(),
        height: 0,
        width: 0,
        grey: true,
        damage: Some(problem.to_string()),
    }
}
