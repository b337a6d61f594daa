//! A resolved architecture: all parameters of the model are replaced by their values.

mod activation;
mod convolution;
mod dense;
mod init;
mod layer;
mod norm;
mod padding;
mod planes;
mod pooling;

pub use activation::*;
pub use convolution::*;
pub use dense::*;
pub use init::*;
pub use layer::*;
pub use norm::*;
pub use padding::*;
pub use planes::*;
pub use pooling::*;
