//! Convolutions. Pairs are `[vertical, horizontal]`.

use super::activation::Activation;
use super::init::Init;
use super::norm::Norm;
use super::padding::Padding;
use serde::{Deserialize, Serialize};

/// Options of a convolution. Pairs are `[vertical, horizontal]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conv {
    /// Output channels.
    pub filters: u32,
    /// Kernel size.
    pub kernel: [u32; 2],
    /// Step between output positions.
    pub stride: [u32; 2],
    /// Zeros around the input.
    pub padding: Padding,
    /// Distance between kernel taps.
    pub dilation: [u32; 2],
    /// Number of groups of channels that are convolved separately; divides input and output
    /// channels.
    pub groups: u32,
    /// Whether a bias is added.
    pub bias: bool,
    /// Normalisation between convolution and activation.
    pub norm: Option<Norm>,
    /// Activation at the end.
    pub activation: Option<Activation>,
    /// How weights are initialised.
    pub init: Init,
}

/// Options of a depthwise convolution; those without an explanation are as in [`Conv`].
#[allow(missing_docs)]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Depthwise {
    /// Output channels for each input channel.
    pub multiplier: u32,
    pub kernel: [u32; 2],
    pub stride: [u32; 2],
    pub padding: Padding,
    pub dilation: [u32; 2],
    pub bias: bool,
    pub norm: Option<Norm>,
    pub activation: Option<Activation>,
    pub init: Init,
}

impl Depthwise {
    /// The equivalent grouped convolution on `channels` input channels.
    pub fn conv(&self, channels: u32) -> Conv {
        Conv {
            filters: channels.saturating_mul(self.multiplier),
            kernel: self.kernel,
            stride: self.stride,
            padding: self.padding,
            dilation: self.dilation,
            groups: channels,
            bias: self.bias,
            norm: self.norm,
            activation: self.activation,
            init: self.init,
        }
    }
}

/// Options of a separable convolution; those without an explanation are as in [`Conv`].
#[allow(missing_docs)]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Separable {
    /// Output channels.
    pub filters: u32,
    /// Channels between the two convolutions for each input channel.
    pub multiplier: u32,
    pub kernel: [u32; 2],
    pub stride: [u32; 2],
    pub padding: Padding,
    pub dilation: [u32; 2],
    /// Whether the 1×1 convolution has a bias; the depthwise one has none.
    pub bias: bool,
    pub norm: Option<Norm>,
    pub activation: Option<Activation>,
    pub init: Init,
}

impl Separable {
    /// The depthwise and the 1×1 convolution on `channels` input channels, without the norm and
    /// activation behind them.
    pub fn convs(&self, channels: u32) -> [Conv; 2] {
        let pointwise = Conv {
            filters: self.filters,
            kernel: [1, 1],
            stride: [1, 1],
            padding: Padding::Valid,
            dilation: [1, 1],
            groups: 1,
            bias: self.bias,
            norm: None,
            activation: None,
            init: self.init,
        };
        let middle = channels.saturating_mul(self.multiplier);
        let depthwise = Conv {
            filters: middle,
            kernel: self.kernel,
            stride: self.stride,
            padding: self.padding,
            dilation: self.dilation,
            groups: channels,
            bias: false,
            norm: None,
            activation: None,
            init: self.init,
        };
        [depthwise, pointwise]
    }
}

/// Options of a transposed convolution; those without an explanation are as in [`Conv`].
#[allow(missing_docs)]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transposed {
    pub filters: u32,
    pub kernel: [u32; 2],
    /// Factor by which planes are enlarged.
    pub stride: [u32; 2],
    /// Pixels cut off from the full output at each end; `Same` leaves input × stride.
    pub padding: Padding,
    /// Rows and columns added at the bottom and right.
    pub output_padding: [u32; 2],
    pub dilation: [u32; 2],
    pub groups: u32,
    pub bias: bool,
    pub norm: Option<Norm>,
    pub activation: Option<Activation>,
    pub init: Init,
}

/// Options of a locally connected layer; all as in [`Conv`].
#[allow(missing_docs)]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LocallyConnected {
    pub filters: u32,
    pub kernel: [u32; 2],
    pub stride: [u32; 2],
    pub padding: Padding,
    /// Whether a bias is added: one for each filter and position.
    pub bias: bool,
    pub norm: Option<Norm>,
    pub activation: Option<Activation>,
    pub init: Init,
}
