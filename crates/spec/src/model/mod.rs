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

pub use activation::Activation;
pub use convolution::{Conv, Depthwise, LocallyConnected, Separable, Transposed};
pub use dense::{Dense, SqueezeExcite};
pub use init::Init;
pub use layer::{Join, Layer, ModelSpec, Parallel, Residual, Shortcut};
pub use norm::Norm;
pub use padding::Padding;
pub use planes::{Interpolation, Pad, Upsample};
pub use pooling::{Pool, PoolKind};
