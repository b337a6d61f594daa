//! One job on one device: the training loop, checkpoints and exact resume, evaluation.
//!
//! [`train`] is the table of contents. What it finds leaves through one function that takes events;
//! it asks another one before each step whether to go on. Orders of images, augmentation and
//! dropout are pure functions of the seed and the place in training, so that the state in a
//! checkpoint is only tensors, sums and a position.

mod attempt;
mod checkpoint;
mod epoch;
mod error;
mod evaluate;
pub mod failpoint;
mod files;
mod predictions;
mod process;
mod scores;
mod state;
mod transfer;

pub use attempt::{Asked, Attempt, train};
pub use error::TrainError;
pub use process::{host, peak_memory_bytes, reset_peak_memory};
