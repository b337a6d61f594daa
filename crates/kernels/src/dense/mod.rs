//! Dense (fully connected) layers, forward and backward, with fused ReLU.

mod backward;
mod forward;
mod product;
mod shape;

pub use backward::dense_backward;
pub use forward::dense_forward;
pub use shape::DenseShape;
