//! What is found when an image file is looked at.

use super::photo;
use crate::DataError;
use crate::checksum::read;
use crate::identity::content_hash;
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
/// `previous`.
pub(super) fn scan_file(path: &Path, previous: Option<&FileScan>) -> Result<FileScan, DataError> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(missing()),
        Err(e) => return Err(DataError::io("read", path)(e)),
    };
    let (bytes, modified) = (metadata.len(), modified_nanoseconds(&metadata));
    if let Some(previous) = previous
        && previous.bytes == bytes
        && previous.modified == modified
    {
        return Ok(previous.clone());
    }
    let content = read(path)?;
    let mut scan = FileScan {
        content: content_hash(&content),
        bytes,
        modified,
        ..missing()
    };
    match photo::decode(&content) {
        Ok(image) => {
            scan.damage = None;
            (scan.height, scan.width) = (image.height(), image.width());
            scan.grey = !image.color().has_color();
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

/// The scan of a file that a table names and that does not exist.
fn missing() -> FileScan {
    FileScan {
        bytes: 0,
        modified: 0,
        content: String::new(),
        height: 0,
        width: 0,
        grey: true,
        damage: Some("is not there".to_string()),
    }
}
