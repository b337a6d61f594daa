//! Whether anything vouches for a file's bytes.

use convsweep_files::{FileError, read_regular};
use convsweep_spec::weights::{self, FileTensor};
use std::io::ErrorKind;
use std::path::Path;

/// Whether a hash vouches for a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Vouched {
    Yes,
    No,
}

/// Why a file cannot be read, phrased to follow its name.
pub(super) fn unreadable(error: FileError) -> String {
    match error.source.kind() {
        ErrorKind::NotFound => "is gone".into(),
        _ => format!("cannot be read ({})", error.source),
    }
}

/// Without a hash, weights can at least be read, and are finite.
pub(super) fn check_values(path: &Path) -> Result<Vouched, String> {
    let bytes = read_regular(path, weights::LARGEST_FILE).map_err(unreadable)?;
    let tensors = weights::read(&bytes)?;
    match tensors.iter().find_map(FileTensor::finiteness_problem) {
        Some(problem) => Err(problem),
        None => Ok(Vouched::No),
    }
}
