//! A resolved architecture: no names of parameters left in it.

use crate::augment::Fill;
use crate::layer_names::role;
use serde::{Deserialize, Serialize};

/// Resolved `[model]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelSpec {
    /// Layers in order, from the image to the logits.
    pub layers: Vec<Layer>,
}

/// One layer, or a structure of layers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "layer", rename_all = "kebab-case")]
pub enum Layer {
    /// Two-dimensional convolution (cross-correlation), with its own normalisation and activation
    /// after it.
    Conv(Conv),
    /// Convolution of each channel by itself.
    Depthwise(Depthwise),
    /// Depthwise convolution, then a 1×1 convolution (Chollet 2017).
    Separable(Separable),
    /// Transposed convolution: the gradient of a convolution, which makes planes larger.
    Transposed(Transposed),
    /// A convolution with weights of its own at each position.
    LocallyConnected(LocallyConnected),
    /// Pooling.
    Pool(Pool),
    /// Normalisation as a layer of its own.
    Norm {
        /// Which.
        norm: Norm,
    },
    /// Activation as a layer of its own.
    Activation {
        /// Which.
        activation: Activation,
    },
    /// Zeroes each number with probability `rate` while training and scales the rest by 1/(1 −
    /// rate).
    Dropout {
        /// Probability in [0, 1).
        rate: f64,
    },
    /// Zeroes each plane (of flat features each number) with probability `rate`, the rest scaled
    /// (Tompson et al. 2015).
    SpatialDropout {
        /// Probability in [0, 1).
        rate: f64,
    },
    /// Zeroes all of an image with probability `rate`, the rest scaled: stochastic depth at the end
    /// of a residual's layers (Huang et al. 2016).
    DropPath {
        /// Probability in [0, 1).
        rate: f64,
    },
    /// `[channels, height, width]` to `[channels·height·width]`, channel-major.
    Flatten,
    /// Fully connected layer.
    Dense(Dense),
    /// Larger planes without weights.
    Upsample(Upsample),
    /// Scales each channel by what a small network makes of all channels' means (Hu et al. 2018).
    SqueezeExcite(SqueezeExcite),
    /// Pixels around the planes.
    Pad(Pad),
    /// Layers whose output is added to a shortcut around them (He et al. 2016).
    Residual(Residual),
    /// Branches side by side.
    Parallel(Parallel),
}

impl Layer {
    /// The naming key of the layer in an experiment file.
    pub fn kind(&self) -> &'static str {
        match self {
            Layer::Conv(_) => "conv",
            Layer::Depthwise(_) => "depthwise",
            Layer::Separable(_) => "separable",
            Layer::Transposed(_) => "transposed",
            Layer::LocallyConnected(_) => "locally-connected",
            Layer::Pool(_) => "pool",
            Layer::Norm { .. } => "norm",
            Layer::Activation { .. } => "activation",
            Layer::Dropout { .. } => "dropout",
            Layer::SpatialDropout { .. } => "spatial-dropout",
            Layer::DropPath { .. } => "drop-path",
            Layer::Flatten => "flatten",
            Layer::Dense(_) => "dense",
            Layer::Upsample(_) => "upsample",
            Layer::SqueezeExcite(_) => "squeeze-excite",
            Layer::Pad(_) => "pad",
            Layer::Residual(_) => "residual",
            Layer::Parallel(_) => "parallel",
        }
    }
}

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
    /// Groups of channels that do not see each other; divides input and output channels.
    pub groups: u32,
    /// Whether a bias is added.
    pub bias: bool,
    /// Normalisation between convolution and activation.
    pub norm: Option<Norm>,
    /// Activation at the end.
    pub activation: Option<Activation>,
    /// How weights start.
    pub init: Init,
}

/// Options of a depthwise convolution; those that are not explained here are as in [`Conv`].
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
    /// The grouped convolution that it is on `channels` input channels.
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

/// Options of a separable convolution; those that are not explained here are as in [`Conv`].
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
    /// Its two convolutions on `channels` input channels, the depthwise and the 1×1 one, without the
    /// norm and activation behind them.
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

/// Options of a transposed convolution; those that are not explained here are as in [`Conv`].
#[allow(missing_docs)]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transposed {
    pub filters: u32,
    pub kernel: [u32; 2],
    /// What the size of the planes is multiplied by.
    pub stride: [u32; 2],
    /// What is cut off from the full output at each end; `Same` leaves input × stride.
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
    /// Whether a bias is added, one for each filter and position.
    pub bias: bool,
    pub norm: Option<Norm>,
    pub activation: Option<Activation>,
    pub init: Init,
}

/// Zeros around a convolution's or pooling's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Padding {
    /// None.
    Valid,
    /// So many that the output is ceil(input / stride); an odd one goes to the bottom or right, as
    /// in TensorFlow.
    Same,
    /// This many at both ends, `[vertical, horizontal]`.
    Pixels([u32; 2]),
}

/// Pooling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pool {
    /// Which.
    pub kind: PoolKind,
    /// Window; size of the output for adaptive pools; ignored (`[0, 0]`) by global pools.
    pub size: [u32; 2],
    /// Step between windows; ignored (`[0, 0]`) by global and adaptive pools.
    pub stride: [u32; 2],
    /// Padding, never counted by an average; `Valid` for global and adaptive pools.
    pub padding: Padding,
}

/// Kinds of pooling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PoolKind {
    /// Largest value of the window.
    Max,
    /// Mean of the window.
    Average,
    /// Mean of the whole plane; the output is flat, `[channels]`.
    GlobalAverage,
    /// Largest value of the whole plane; the output is flat, `[channels]`.
    GlobalMax,
    /// Means of as many windows as the output has positions: window `i` of `n` over `size` pixels
    /// goes from ⌊i·size/n⌋ to ⌈(i+1)·size/n⌉, as in PyTorch.
    AdaptiveAverage,
    /// Largest values of the same windows.
    AdaptiveMax,
}

impl PoolKind {
    /// Whether the window is the whole plane.
    pub fn is_global(self) -> bool {
        matches!(self, PoolKind::GlobalAverage | PoolKind::GlobalMax)
    }

    /// Whether the size is the output's.
    pub fn is_adaptive(self) -> bool {
        matches!(self, PoolKind::AdaptiveAverage | PoolKind::AdaptiveMax)
    }
}

/// Normalisation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "norm", rename_all = "kebab-case")]
pub enum Norm {
    /// Batch normalisation (Ioffe and Szegedy 2015), with running statistics for evaluation.
    Batch {
        /// Weight of the newest batch in the running statistics (PyTorch's convention; Keras'
        /// momentum is 1 − this).
        momentum: f64,
        /// Added to the variance.
        epsilon: f64,
    },
    /// Each image by the mean and variance of all its numbers (Ba et al. 2016), a scale and a shift
    /// for each channel.
    Layer {
        /// Added to the variance.
        epsilon: f64,
    },
    /// Each image by the mean and variance of each group of channels (Wu and He 2018), a scale and
    /// a shift for each channel.
    Group {
        /// Number of groups; divides the channels.
        groups: u32,
        /// Added to the variance.
        epsilon: f64,
    },
    /// Each plane of each image by its own mean and variance (Ulyanov et al. 2016), a scale and a
    /// shift for each channel.
    Instance {
        /// Added to the variance.
        epsilon: f64,
    },
}

/// Element-wise activation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// max(x, 0).
    Relu,
    /// x above 0, 0.01·x below.
    LeakyRelu,
    /// x above 0, exp(x) − 1 below.
    Elu,
    /// x·Φ(x), exact.
    Gelu,
    /// x·sigmoid(x).
    Silu,
    /// 1 / (1 + exp(−x)).
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
    /// x above 0, a·x below with `a` learned for each channel, 0.25 at the start (He et al. 2015).
    Prelu,
    /// min(max(x, 0), 6).
    Relu6,
    /// min(max(x + 3, 0), 6) / 6.
    HardSigmoid,
    /// x·hard-sigmoid(x) (Howard et al. 2019).
    HardSwish,
    /// x·tanh(softplus(x)) (Misra 2019).
    Mish,
    /// 1.0507·(x above 0, 1.6733·(exp(x) − 1) below) (Klambauer et al. 2017).
    Selu,
    /// ln(1 + exp(x)).
    Softplus,
}

/// How weights start; biases start at zero except under `Torch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Init {
    /// Uniform in ±sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010): Keras' default and ours.
    GlorotUniform,
    /// Normal with standard deviation sqrt(2 / fan_in) (He et al. 2015).
    KaimingNormal,
    /// Uniform in ±sqrt(6 / fan_in) (He et al. 2015).
    KaimingUniform,
    /// PyTorch's default: weights and biases uniform in ±1 / sqrt(fan_in).
    Torch,
}

/// Fully connected layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dense {
    /// Outputs; the number of classes has been filled in.
    pub units: u32,
    /// Whether a bias is added.
    pub bias: bool,
    /// Activation at the end.
    pub activation: Option<Activation>,
    /// How weights start.
    pub init: Init,
}

/// Upsampling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Upsample {
    /// What the size of the planes is multiplied by.
    pub factor: [u32; 2],
    /// What lies between the pixels.
    pub method: Interpolation,
}

/// What lies between pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interpolation {
    /// The nearest pixel.
    Nearest,
    /// Linear in both directions; pixels are squares, so that corners do not align (PyTorch's and
    /// OpenCV's default).
    Bilinear,
}

/// Squeeze and excitation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SqueezeExcite {
    /// The channels are divided by this in the middle.
    pub reduction: u32,
    /// After the first dense layer.
    pub activation: Activation,
    /// After the second.
    pub gate: Activation,
    /// How weights start.
    pub init: Init,
}

impl SqueezeExcite {
    /// Its two dense layers for `channels` channels, each with its role and its input features.
    pub fn layers(&self, channels: u32) -> [(&'static str, u32, Dense); 2] {
        let hidden = (channels / self.reduction.max(1)).max(1);
        let dense = |units, activation| Dense {
            units,
            bias: true,
            activation: Some(activation),
            init: self.init,
        };
        [
            (role::REDUCE, channels, dense(hidden, self.activation)),
            (role::EXPAND, hidden, dense(channels, self.gate)),
        ]
    }
}

/// Pixels around the planes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pad {
    /// `[[top, bottom], [left, right]]`.
    pub pixels: [[u32; 2]; 2],
    /// What they hold.
    pub fill: Fill,
}

/// Layers with a shortcut around them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Residual {
    /// What the shortcut goes around.
    pub layers: Vec<Layer>,
    /// The shortcut.
    pub shortcut: Shortcut,
}

/// How a residual's input reaches the sum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shortcut {
    /// Identity where the shapes agree, else projection.
    Auto,
    /// As it is.
    Identity,
    /// A 1×1 convolution with the stride that fits, and with bias, norm and start of the layers'
    /// last convolution.
    Projection,
    /// Every so-manyth pixel, and channels of zeros behind (option A of He et al. 2016): no
    /// parameters.
    Pad,
    /// These layers.
    Layers(Vec<Layer>),
}

/// Branches over one input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parallel {
    /// The branches; an empty one is the identity.
    pub branches: Vec<Vec<Layer>>,
    /// What becomes of their outputs.
    pub join: Join,
}

/// How branches come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Join {
    /// Channel after channel, in the order of the branches.
    Concat,
    /// Summed.
    Add,
}
