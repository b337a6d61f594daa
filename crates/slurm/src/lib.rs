//! What this program knows of Slurm: whether it runs in an allocation, what belongs to that, how a
//! worker is started on another node, and what the end of such a step means.
//!
//! Everything here is text in and text out: no process is started and no variable of the
//! environment is read, so that all of it is tested without Slurm.

mod allocation;
mod error;
mod hosts;
mod step;

pub use allocation::{Allocation, NodeShare, Surroundings};
pub use error::SlurmError;
pub use hosts::{counts_per_node, expand_hosts};
pub use step::{StepDeath, StepGpu, StepRequest, step_death};
