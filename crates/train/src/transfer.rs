//! Loads the file of weights that a job starts from.

use crate::error::TrainError;
use convsweep_files::read_regular;
use convsweep_nn::Network;
use convsweep_spec::canonical::hash_of;
use convsweep_weights::{LARGEST_FILE, Transfer};
use std::path::Path;

/// Puts the weights of the file at `path` into `network`.
///
/// # Errors
/// If the file is not the one that the job was planned for, or its tensors do not fit.
pub(crate) fn transfer(
    network: &mut Network,
    transfer: &Transfer,
    path: &Path,
) -> Result<(), TrainError> {
    let file = read_regular(path, LARGEST_FILE)?;
    if hash_of(&file) != transfer.hash {
        return Err(TrainError::state(
            path,
            "is not the file that the job was planned for: plan again",
        ));
    }
    network
        .take_over(&file, transfer)
        .map_err(|problem| TrainError::state(path, problem))
}
