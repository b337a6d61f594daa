//! `run --slurm`: hands a run to the cluster of this machine; and the same run in its allocation.

mod allocation;
mod failure;
mod submission;
mod submit;
mod wait;
mod waiting;

pub use allocation::run_allocation;
pub use submit::submit;
pub use waiting::{AllocationState, allocations};
