//! What is computed in one pass.

use crate::ops::flex::norm::SharedMoments;
use crate::ops::fused::{FusedConv, FusedNorm};
use convsweep_kernels::ConvMethod;

/// The convolution, the norm, and where the moments are put.
#[derive(Clone, Debug)]
pub(in crate::ops::flex) struct FusedConvNorm {
    pub conv: FusedConv,
    pub method: ConvMethod,
    pub norm: FusedNorm,
    pub moments: SharedMoments,
}
