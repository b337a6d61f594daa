//! Batch normalisation (Ioffe and Szegedy 2015) over rows of channels, with a residual addition and
//! ReLU in the same pass.
//!
//! All of it is bound by memory bandwidth, not by arithmetic. The forward pass reads `x` twice:
//! once for the statistics and once to normalise it. What the backward pass must read twice, it
//! reads in pieces that stay in the L1 cache.

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
