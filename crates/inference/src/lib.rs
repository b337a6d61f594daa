//! What trained networks say of images: predictions.
//!
//! [`Inference`] answers the requests of `convsweep predict` one after another; the networks stay
//! loaded between them.

mod error;
mod images;
mod inference;
mod loaded;
mod predict;

pub use inference::Inference;
