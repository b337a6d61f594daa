//! What this program knows of Slurm: whether it runs in an allocation, what belongs to that, how a
//! worker is started on another node, and what the end of such a step means.
//!
//! Everything here but [`cluster`], which asks Slurm's own programs, is text in and text out: no
//! process is started and no variable of the environment is read, so that it is tested without Slurm.

mod allocation;
pub mod cluster;
mod error;
mod hosts;
mod partition;
mod queue;
mod script;
mod step;

pub use allocation::{Allocation, NodeShare, Surroundings};
pub use error::SlurmError;
pub use hosts::{counts_per_node, expand_hosts};
pub use partition::{Partition, parse_partitions};
pub use queue::{QueuedAllocation, parse_queue};
pub use script::{BatchOrder, batch_script};
pub use step::{StepDeath, StepGpu, StepRequest, step_death};
