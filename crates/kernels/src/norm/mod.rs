//! Batch normalisation (Ioffe and Szegedy 2015) over rows of channels, with an addition and ReLU in
//! the same pass.
//!
//! All of it is bound by memory, not by arithmetic: `x` is read twice on the way forward (once for
//! the statistics, once to be normalised), and what must be read twice on the way back is read in
//! rows that stay in the first-level cache.

mod forward;
mod gradient_sums;
mod input_gradient;
mod moments;
mod parameters;
mod relu_mask;
mod row_pass;

pub use forward::batch_norm;
pub use gradient_sums::{NormBackwardCoefficients, NormGradients, batch_norm_sums};
pub use input_gradient::{FollowingNorm, batch_norm_backward};
pub use moments::moments;
pub(crate) use moments::{accumulate_moments, merge_image_moments};
pub use parameters::{ChannelMoments, NormParameters};
pub(crate) use row_pass::moments_chunk_rows;
