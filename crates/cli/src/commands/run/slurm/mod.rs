//! `run --slurm`: hands a run to the cluster of this machine; and the same run in its allocation.

mod allocation;
mod submission;
mod submit;
mod wait;
mod waiting;

pub use allocation::run_allocation;
pub use submit::submit;
pub use waiting::{AllocationState, allocations};

use crate::exit::{Exit, failure};
use convsweep_slurm::SlurmError;

/// An error of the cluster, with the exit code that belongs to it.
fn slurm_failure(error: SlurmError) -> anyhow::Error {
    let exit = match error {
        SlurmError::NotHere { .. } | SlurmError::Silent { .. } => Exit::Device,
        _ => Exit::Wrong,
    };
    failure(exit, format!("--slurm: {error}"))
}
