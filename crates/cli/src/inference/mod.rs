//! Trained networks for the commands that use them: which ones are meant, and the workers that
//! compute them.

mod batches;
mod inputs;
mod model;
mod output_file;
mod picture_file;
mod workers;

pub use batches::{batches, readable};
pub use inputs::{ClassNames, ImageArgs, ImageInput, NamedImages, find_inputs};
pub use model::{NamedModel, find_model, find_network, trained_model};
pub use output_file::OutputFile;
pub use picture_file::PictureFile;
pub use workers::{Answered, InferenceWorkers, PatienceArgs, Work, WorkerArgs};

/// What is said where no image came from standard input.
pub const NO_PATHS: &str = "standard input has named no image: write a path in each line";
