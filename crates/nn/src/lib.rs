//! From an architecture ([`convsweep_spec::model::ModelSpec`]) to a network of Burn tensors:
//! initialisation, forward pass, loss, gradients and optimisers.
//!
//! Parameters are named flat tensors in a list, so that counting, initialising, saving and updating
//! them takes one rule each. Nothing here reads Burn's global random state: every random number is
//! a pure function of a seed and a name ([`convsweep_spec::random`]). The backend is compiled in by
//! a feature (`flex`, `libtorch`, `cuda`) that only the worker chooses.

mod activation;
mod attribution;
mod backend_settings;
mod batch;
mod build;
mod choices;
mod device;
mod ema;
mod features;
mod forward;
mod function;
mod fuse;
mod group_norm;
mod host;
mod images;
mod init;
mod layer_parameters;
mod learned_function;
mod locally_connected;
pub mod loss;
mod network;
mod operation;
mod ops;
pub mod optimizer;
mod pass;
mod precision;
mod scalar;
mod state_error;
mod transfer;

pub use attribution::{ImageGradients, LayerPlanes, ObservedNetwork};
pub use backend_settings::{BackendSettings, autotune_decisions, use_backend_settings};
pub use build::build;
pub use burn::tensor::Device;
pub use choices::KernelChoice;
pub use device::{
    BACKEND, DeviceError, DeviceInfo, TEST_GPU, UPLOADS_FROM_ANY_THREAD, check_instruction_limit,
    device, devices, first_device, instructions, release_memory, use_threads, works_apart,
};
pub use ema::Average;
pub use features::Features;
pub use forward::Logits;
pub use images::{Images, ResidentImages};
pub use network::{Derivatives, Gradients, Named, Network};
pub use precision::{PrecisionError, check_precision, instructions_in};
pub use scalar::{Scalar, read};
pub use state_error::StateError;
