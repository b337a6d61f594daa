//! The file of the weights that a job starts from.

use crate::TrainError;
use convsweep_nn::Network;
use convsweep_spec::canonical::hash_of;
use convsweep_spec::weights::Transfer;
use std::fs;
use std::path::Path;

/// Puts the file's weights into `network`, if it is the file that the job was planned for.
pub(crate) fn transfer(
    network: &mut Network,
    transfer: &Transfer,
    path: &Path,
) -> Result<(), TrainError> {
    let file = fs::read(path).map_err(TrainError::io("read", path))?;
    if hash_of(&file) != transfer.hash {
        return Err(TrainError::state(
            path,
            "is another file than the job was planned for: plan anew",
        ));
    }
    network
        .take_over(&file, transfer)
        .map_err(|problem| TrainError::state(path, problem))
}
