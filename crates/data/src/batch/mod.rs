//! Network inputs from the rows of an image set.

mod batcher;
mod normalization;
mod normalizer;

pub use batcher::Batcher;
pub use normalizer::Normalizer;
