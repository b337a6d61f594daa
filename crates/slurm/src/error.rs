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
    /// A path that cannot stand in a batch script.
    #[error(
        "the path {0:?} cannot stand in a batch script: use folders without quotes, backslashes and \
         line breaks in their names"
    )]
    Path(String),
    /// There is no Slurm here.
    #[error(
        "no Slurm is found here: {program} is not in PATH; go to the cluster's login node, load its \
         module (module load slurm), or run without --slurm"
    )]
    NotHere {
        /// The program that was looked for.
        program: &'static str,
    },
    /// A program of Slurm did not end.
    #[error("Slurm does not answer: {program} has said nothing for {seconds} s; try again later")]
    Silent {
        /// The program.
        program: &'static str,
        /// How long it was waited for.
        seconds: u64,
    },
    /// Slurm refused what it was asked for.
    #[error("Slurm refuses: {program} says \"{message}\"")]
    Refused {
        /// The program.
        program: &'static str,
        /// What it said.
        message: String,
    },
}
