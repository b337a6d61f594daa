//! How an attempt at a job ended.

use crate::words::short;
use serde::{Deserialize, Serialize};

/// The name of the outcome, in the database, of a job whose log is damaged: whatever its attempts
/// came to, it does not count until it is trained again.
pub const DAMAGED: &str = "damaged";

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// All epochs were trained and the network evaluated.
    Finished,
    /// A stopping rule or the user ended the job early.
    Stopped {
        /// The rule's reason.
        reason: String,
    },
    /// An error that the worker reported.
    Failed {
        /// The error.
        message: String,
    },
    /// The loss exploded, or the loss or the gradients were no longer finite.
    Diverged {
        /// Completed epochs.
        epoch: u32,
        /// Step of the current epoch.
        step: u32,
        /// Learning rate of that step.
        learning_rate: f64,
        /// Mean loss of that step; `None` if it or the gradients were not finite.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        loss: Option<f64>,
    },
    /// Memory ran out.
    OutOfMemory,
    /// Files of the job cannot be written: the disk or the user's quota is full, a limit on the size
    /// of files is reached, or the folder is gone. Not the job's fault: it continues once there is
    /// room.
    DiskFull {
        /// The error.
        message: String,
        /// What to do, unless it is to make room.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remedy: Option<String>,
    },
    /// The time limit was reached.
    TimedOut,
    /// The worker sent nothing for too long and was killed, or its node failed.
    Lost {
        /// Seconds of silence; 0 if its node failed.
        seconds: f64,
    },
    /// The worker process died.
    Crashed {
        /// Signal that killed it, if any.
        signal: Option<i32>,
        /// Exit code, if it exited by itself.
        code: Option<i32>,
    },
    /// Asked to stop: a checkpoint was written, and a later attempt continues from it.
    Cancelled,
}

impl Outcome {
    /// Whether the job is settled: it finished, was stopped early, or diverged, which another
    /// attempt would only repeat.
    pub fn is_answer(&self) -> bool {
        matches!(
            self,
            Outcome::Finished | Outcome::Stopped { .. } | Outcome::Diverged { .. }
        )
    }

    /// The outcome's name, as in the database.
    pub fn name(&self) -> &'static str {
        match self {
            Outcome::Finished => "finished",
            Outcome::Stopped { .. } => "stopped",
            Outcome::Failed { .. } => "failed",
            Outcome::Diverged { .. } => "diverged",
            Outcome::OutOfMemory => "out-of-memory",
            Outcome::DiskFull { .. } => "disk-full",
            Outcome::TimedOut => "timed-out",
            Outcome::Lost { .. } => "lost",
            Outcome::Crashed { .. } => "crashed",
            Outcome::Cancelled => "cancelled",
        }
    }

    /// Details to show next to the name; empty if the name says everything.
    pub fn detail(&self) -> String {
        match self {
            Outcome::Stopped { reason } => reason.clone(),
            Outcome::Failed { message } | Outcome::DiskFull { message, .. } => message.clone(),
            Outcome::Diverged {
                epoch,
                step,
                learning_rate,
                loss,
            } => {
                let what = loss.map_or("loss or gradients not finite".into(), |x| {
                    format!("loss {}", short(x))
                });
                format!(
                    "{what} in epoch {}, step {step}, at learning rate {}",
                    epoch + 1,
                    short(*learning_rate)
                )
            }
            Outcome::Lost { seconds } if *seconds <= 0.0 => "its node failed".to_string(),
            Outcome::Lost { seconds } => format!("no word for {seconds:.0} s"),
            Outcome::Crashed {
                signal: Some(s), ..
            } => format!("signal {s}"),
            Outcome::Crashed { code: Some(c), .. } => format!("exit code {c}"),
            Outcome::Crashed {
                signal: None,
                code: None,
            }
            | Outcome::Finished
            | Outcome::OutOfMemory
            | Outcome::TimedOut
            | Outcome::Cancelled => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divergence_says_where_and_at_which_rate() {
        let exploded = Outcome::Diverged {
            epoch: 1,
            step: 7,
            learning_rate: 0.1 * 3.0,
            loss: Some(31_234.5),
        };
        assert_eq!(
            exploded.detail(),
            "loss 31234.5 in epoch 2, step 7, at learning rate 0.3"
        );
        let text = r#"{"outcome":"diverged","epoch":0,"step":2,"learning_rate":10.0}"#;
        let older: Outcome = serde_json::from_str(text).expect("reads");
        assert_eq!(
            older.detail(),
            "loss or gradients not finite in epoch 1, step 2, at learning rate 10"
        );
    }
}
