//! The one place that maps a file into memory.

use crate::DataError;
use memmap2::Mmap;
use std::fs::File;
use std::path::Path;

/// Maps a whole file for reading.
#[allow(unsafe_code)]
pub(crate) fn map(file: &File, path: &Path) -> Result<Mmap, DataError> {
    // SAFETY: mapped memory must not change or shrink while it is read. Decoded files are written under another name and
    // renamed once whole, never opened for writing again, and replaced or deleted only by name, which leaves a mapped file alone.
    unsafe { Mmap::map(file) }.map_err(DataError::io("map", path))
}
