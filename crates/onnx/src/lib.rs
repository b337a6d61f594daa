//! Networks as ONNX graphs, by operators of opset 17.
//!
//! [`write_onnx`] walks an architecture as the shapes and the network itself are walked, and writes
//! each layer as the operators that compute what it computes in evaluation: dropout is gone, batch
//! norms use their running statistics. A few layers are composed of simpler operators, because ONNX
//! has none for them, has them only in later opsets, or means something else by them:
//!
//! - group, layer and instance norms have a scale and a shift for each channel:
//!   `InstanceNormalization` over the groups, then `Mul` and `Add`;
//! - GELU, SiLU, Mish, SELU and hard swish are written out; hard sigmoid has α = 1/6;
//! - adaptive pools are matrix products (averages) or slices (maxima) where windows differ;
//! - locally connected layers are a convolution that collects the windows, and a matrix product.
//!
//! Source: <https://github.com/onnx/onnx/blob/main/docs/Operators.md>.

mod error;
mod graph;
mod layers;
mod proto;
mod write;

pub use error::OnnxError;
pub use write::{OnnxFile, OnnxOptions, Preprocessing, write_onnx};
