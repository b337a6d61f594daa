//! What the tests share.

use convsweep_spec::model::{Conv, Init, Padding};

/// A convolution of 3×3 with a bias and nothing behind it, which leaves the image's size as it is.
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
