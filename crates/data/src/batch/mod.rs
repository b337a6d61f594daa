//! Network inputs from the rows of an image set.

mod batcher;
mod normalization;

pub use batcher::Batcher;
