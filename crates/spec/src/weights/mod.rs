//! Trained weights that training starts from: reading safetensors files and matching their tensors
//! to those of a network.

mod by_order;
mod matching;
mod optional_tensors;
mod stored_tensor;
#[cfg(test)]
mod tests;
mod transfer;

pub use matching::{TensorMatch, assign};
pub use stored_tensor::{StoredTensor, read};
pub use transfer::Transfer;
