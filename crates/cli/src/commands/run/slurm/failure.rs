//! What is wrong with the cluster, as an error of the program.

use crate::exit::{Exit, failure};
use convsweep_slurm::SlurmError;

/// An error of the cluster, with the exit code that belongs to it.
pub fn slurm_failure(error: SlurmError) -> anyhow::Error {
    let exit = match error {
        SlurmError::NotHere { .. } | SlurmError::Silent { .. } => Exit::Device,
        _ => Exit::Wrong,
    };
    failure(exit, format!("--slurm: {error}"))
}
