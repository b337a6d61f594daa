//! Files of trained weights, of this program and of others, as named tensors: safetensors files and
//! those of PyTorch. Also which tensor of a file initialises which tensor of a network, and which
//! published network a file holds.
//!
//! Nothing in a file is trusted or executed: its sizes are compared with what is there before
//! memory is reserved, and a pickle that asks for other calls than those that rebuild tensors is
//! refused.

mod file_tensor;
mod matching;
mod networks;
mod pickle;
mod pytorch;
mod safetensors;
mod state_dict;
#[cfg(test)]
mod tests;
mod weight_file;

pub use convsweep_spec::weights::{LARGEST_FILE, ModelDescription, Transfer};
pub use file_tensor::{FileTensor, not_finite};
pub use matching::{TensorMatch, assign};
pub use networks::{KnownNetwork, recognise};
pub use state_dict::{name_in_state_dict, state_dict};
pub use weight_file::{WeightFile, WeightFormat, read};
