//! Each kind of layer: its description, and how it is measured.

pub(super) mod convolution;
pub(super) mod dense;
pub(super) mod locally_connected;
pub(super) mod planes;
pub(super) mod pooling;
pub(super) mod transposed;
