//! Trained networks for the commands that use them: which ones are meant, and the workers that
//! compute them.

mod batches;
mod inputs;
mod model;
mod picture_file;
mod workers;

pub use batches::{batches, readable};
pub use inputs::{ClassNames, ImageInput, NamedImages, find_inputs};
pub use model::{NamedModel, find_model, trained_model};
pub use picture_file::PictureFile;
pub use workers::{Answered, InferenceWorkers, Work};
