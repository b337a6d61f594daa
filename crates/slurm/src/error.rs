//! What cannot be understood of an allocation.

use thiserror::Error;

/// What is wrong with the allocation in which this program was started.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SlurmError {
    /// A variable that Slurm sets is missing or has no meaning that is known.
    #[error(
        "Slurm's variable {name} is {}: was it changed by hand? Start again in a fresh \
         allocation, or without it (`env -u SLURM_JOB_ID`) on this machine alone",
        value.as_ref().map_or("missing".to_string(), |value| format!("\"{value}\""))
    )]
    Variable {
        /// Its name.
        name: &'static str,
        /// Its value, if it has one.
        value: Option<String>,
    },
    /// A job of several parts with different resources.
    #[error("heterogeneous jobs are not supported: ask for one kind of node")]
    Heterogeneous,
    /// `srun` started this program several times.
    #[error(
        "srun started this program {tasks} times: start it once (in the batch script, without srun); \
         it uses the whole allocation by itself"
    )]
    SeveralTasks {
        /// How many times.
        tasks: u32,
    },
}
