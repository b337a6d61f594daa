//! Helpers for several tests.

use convsweep_spec::model::{Conv, Init, Padding};

/// A 3×3 convolution with a bias, without norm or activation, which keeps the size of the image.
pub fn plain_conv(filters: u32) -> Conv {
    Conv {
        filters,
        kernel: [3; 2],
        stride: [1; 2],
        padding: Padding::Same,
        dilation: [1; 2],
        groups: 1,
        bias: true,
        norm: None,
        activation: None,
        init: Init::GlorotUniform,
    }
}
