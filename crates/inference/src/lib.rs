//! What trained networks say of images, and networks as files for other programs.
//!
//! [`Inference`] answers the requests of `convsweep predict` one after another; the networks stay
//! loaded between them.

mod activations;
mod error;
mod explain;
mod export;
mod images;
mod inference;
mod loaded;
mod planes;
mod predict;

pub use inference::Inference;
