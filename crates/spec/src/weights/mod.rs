//! Trained weights that training starts from: reading safetensors files and matching their tensors
//! to those of a network.

mod by_order;
mod description;
mod file_header;
mod file_tensor;
mod matching;
mod optional_tensors;
#[cfg(test)]
mod tests;
mod transfer;

/// Largest file of weights that is read, in bytes.
pub const LARGEST_FILE: u64 = 4 << 30;

pub use description::ModelDescription;
pub use file_tensor::{FileTensor, not_finite, read};
pub use matching::{TensorMatch, assign};
pub use transfer::Transfer;
