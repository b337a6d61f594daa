//! Whether anything vouches for a file's bytes.

use super::fault::FileProblem;
use convsweep_files::read_regular;
use convsweep_weights::{FileTensor, LARGEST_FILE, read};
use std::path::Path;

/// Whether a hash vouches for a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Vouched {
    Yes,
    No,
}

/// Without a hash, weights can at least be read, and are finite.
pub(super) fn check_values(path: &Path) -> Result<Vouched, FileProblem> {
    let bytes = read_regular(path, LARGEST_FILE)?;
    let tensors = read(&bytes)?;
    match tensors.iter().find_map(FileTensor::finiteness_problem) {
        Some(problem) => Err(problem.into()),
        None => Ok(Vouched::No),
    }
}
