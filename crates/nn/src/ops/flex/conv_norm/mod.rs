//! A convolution and the batch normalisation of its output, then an addition and ReLU, by our
//! kernels: the moments are computed while the outputs are in the caches, and the gradient of the
//! convolution's output is computed as it is used.

mod fold;
mod gradient;
mod kernel;
mod options;

pub(super) use fold::fold;
pub(super) use kernel::train;
