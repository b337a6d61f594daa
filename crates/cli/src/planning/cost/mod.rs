//! How long a plan takes and how much memory its jobs need: measured on finished jobs of this
//! machine if there are any, else by rough figures.

mod estimate;
mod memory;
mod paces;
mod sizes;

use crate::exit::{Code, Exit};
use anyhow::Result;
use convsweep_runner::host_name;
use convsweep_store::{Database, JobCostRow};
pub use estimate::CostEstimate;
pub use memory::MemoryEstimate;

/// Finished jobs that are looked at, the newest first.
const MAX_JOBS: u32 = 2000;

/// The jobs of this machine that have finished.
fn finished_jobs(database: Option<&Database>) -> Result<Vec<JobCostRow>> {
    match database {
        Some(database) => database
            .job_costs(&host_name(), MAX_JOBS)
            .code(Exit::Results),
        None => Ok(vec![]),
    }
}
