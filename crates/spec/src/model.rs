//! A resolved architecture: no names of parameters left in it.

use serde::{Deserialize, Serialize};

/// Resolved `[model]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelSpec {
    /// Layers in order, from the image to the logits.
    pub layers: Vec<Layer>,
}

/// One layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "layer", rename_all = "kebab-case")]
pub enum Layer {
    /// Two-dimensional convolution (cross-correlation), with its own normalisation and activation after it.
    Conv(Conv),
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
    /// Zeroes each number with probability `rate` while training and scales the rest by 1/(1 − rate).
    Dropout {
        /// Probability in [0, 1).
        rate: f64,
    },
    /// `[channels, height, width]` to `[channels·height·width]`, channel-major.
    Flatten,
    /// Fully connected layer.
    Dense(Dense),
}

impl Layer {
    /// The naming key of the layer in an experiment file.
    pub fn kind(&self) -> &'static str {
        match self {
            Layer::Conv(_) => "conv",
            Layer::Pool(_) => "pool",
            Layer::Norm { .. } => "norm",
            Layer::Activation { .. } => "activation",
            Layer::Dropout { .. } => "dropout",
            Layer::Flatten => "flatten",
            Layer::Dense(_) => "dense",
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

/// Zeros around a convolution's or pooling's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Padding {
    /// None.
    Valid,
    /// So many that the output is ceil(input / stride); an odd one goes to the bottom or right, as in TensorFlow.
    Same,
    /// This many at both ends, `[vertical, horizontal]`.
    Pixels([u32; 2]),
}

/// Pooling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pool {
    /// Which.
    pub kind: PoolKind,
    /// Window; ignored (`[0, 0]`) by global pools.
    pub size: [u32; 2],
    /// Step between windows; ignored (`[0, 0]`) by global pools.
    pub stride: [u32; 2],
    /// Padding, never counted by an average; `Valid` for global pools.
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
}

impl PoolKind {
    /// Whether the window is the whole plane.
    pub fn is_global(self) -> bool {
        matches!(self, PoolKind::GlobalAverage | PoolKind::GlobalMax)
    }
}

/// Normalisation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "norm", rename_all = "kebab-case")]
pub enum Norm {
    /// Batch normalisation (Ioffe and Szegedy 2015), with running statistics for evaluation.
    Batch {
        /// Weight of the newest batch in the running statistics (PyTorch's convention; Keras' momentum is 1 − this).
        momentum: f64,
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
