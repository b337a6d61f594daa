//! Commands to workers.

use crate::inference::InferenceRequest;
use crate::job::Job;
use crate::outcome::Outcome;
use serde::{Deserialize, Serialize};

/// Exit code of a worker that refuses to start because its environment is wrong, which is the same
/// for every worker (`EX_CONFIG` of `sysexits.h`). It then writes the reason to standard error.
pub const MISCONFIGURED: u8 = 78;

/// Environment variable that tells a worker the model of its GPU, for the attempts' fingerprints.
pub const GPU_MODEL: &str = "CONVSWEEP_GPU_MODEL";

/// A command to a worker, as one JSON line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case")]
pub enum Command {
    /// Train this job, then say `Ended` and wait for the next command.
    Train(Box<Job>),
    /// The running job, which waits after this epoch ([`crate::job::Execution::asks_from`]), is to
    /// train on.
    Continue {
        /// Number of completed epochs.
        epoch: u32,
    },
    /// Stop the running job at the next step, after writing a checkpoint; then say `Ended` with
    /// this outcome.
    Stop {
        /// Why: cancelled unless it says otherwise.
        #[serde(
            rename = "as",
            default = "cancelled",
            skip_serializing_if = "is_cancelled"
        )]
        outcome: Outcome,
    },
    /// Answer this with trained networks; nothing is trained or written.
    Infer(InferenceRequest),
}

impl Command {
    /// Stop the job, to be continued later.
    pub const CANCEL: Command = Command::Stop {
        outcome: Outcome::Cancelled,
    };
}

fn cancelled() -> Outcome {
    Outcome::Cancelled
}

fn is_cancelled(outcome: &Outcome) -> bool {
    *outcome == Outcome::Cancelled
}
