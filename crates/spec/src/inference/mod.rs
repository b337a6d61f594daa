//! What a worker is asked about trained networks, and what it answers.

mod ensemble;
mod reply;
mod request;

pub use ensemble::{Ensemble, TrainedNetwork};
pub use reply::{InferenceReply, Prediction};
pub use request::InferenceRequest;
