//! Trained weights that training starts from: what a job takes over of a file, and what a file that
//! this program wrote says of itself. The crate `weights` reads the files.

mod description;
mod transfer;

/// Largest file of weights that is read, in bytes.
pub const LARGEST_FILE: u64 = 4 << 30;

pub use description::ModelDescription;
pub use transfer::Transfer;
