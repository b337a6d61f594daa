//! Shapes, tensors, parameters, multiply-accumulate operations and receptive fields of an
//! architecture, layer by layer, without computing anything.

mod dims;
mod error;
mod flow;
mod join;
mod layer;
mod layers;
mod measure;
mod route;
mod summarize;
mod summary;
mod tensor_shape;
mod text;
mod walk;
mod window;

pub use dims::Shape;
pub use error::ShapeError;
pub use layer::describe;
pub use route::{Route, route};
pub use summarize::{summarize, tensors};
pub use summary::{LayerSummary, ModelSummary};
pub use tensor_shape::TensorShape;
pub use window::{adaptive_window, padding_pixels, transposed_cut};
