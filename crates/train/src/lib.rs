//! One job on one device: the training loop, checkpoints and exact resume, evaluation.
//!
//! [`run_task`] is the entry. An [`Attempt`] reports what it finds through a callback that takes
//! events, and asks another callback before each step whether it should continue. The order of the
//! images, augmentation and dropout are pure functions of the seed and the position in training, so
//! a checkpoint consists of tensors, sums and a position.

mod attempt;
mod batches;
mod checkpoint;
mod epoch;
mod epoch_metrics;
mod epoch_plan;
mod error;
mod evaluate;
pub mod failpoint;
mod features;
mod files;
mod initial_state;
mod job_data;
mod learning_rate;
mod measurements;
mod plausible;
mod predictions;
mod process;
mod saved_state;
mod session;
mod step;
mod tasks;
mod training_state;
mod transfer;
mod validation_metrics;

pub use attempt::{Attempt, Directive};
pub use error::TrainError;
pub use process::{host, memory_bytes, peak_memory_bytes, reset_peak_memory};
pub use tasks::run_task;

/// Reads the file of a training state as a job does that continues from it; whether there is one.
/// For the fuzzer.
///
/// # Errors
/// If the file is damaged or of a newer version.
#[doc(hidden)]
pub fn is_state(path: &std::path::Path) -> Result<bool, TrainError> {
    Ok(checkpoint::load(path)?.is_some())
}
