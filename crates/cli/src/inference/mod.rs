//! Trained networks for the commands that use them: which ones are meant, and the workers that
//! compute them.

mod model;
mod workers;

pub use model::{NamedModel, find_model};
pub use workers::{Answered, InferenceWorkers, Work};
