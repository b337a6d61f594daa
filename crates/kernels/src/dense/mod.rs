//! Dense layers: every input to every unit, forward and backward, with ReLU fused in.

mod backward;
mod forward;
mod product;
mod shape;

pub use backward::dense_backward;
pub use forward::dense_forward;
pub use shape::DenseShape;
