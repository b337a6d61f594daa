//! The architecture: its layers, and structures of layers.

use super::activation::Activation;
use super::convolution::{Conv, Depthwise, LocallyConnected, Separable, Transposed};
use super::dense::{Dense, SqueezeExcite};
use super::norm::Norm;
use super::planes::{Pad, Upsample};
use super::pooling::Pool;
use serde::{Deserialize, Serialize};

/// Resolved `[model]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelSpec {
    /// The layers in order, from the image to the logits.
    pub layers: Vec<Layer>,
}

/// One layer, or a structure of layers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "layer", rename_all = "kebab-case")]
pub enum Layer {
    /// Two-dimensional convolution (cross-correlation), followed by its own normalisation and
    /// activation.
    Conv(Conv),
    /// Convolution of each channel separately.
    Depthwise(Depthwise),
    /// Depthwise convolution, then a 1×1 convolution (Chollet 2017).
    Separable(Separable),
    /// Transposed convolution: the gradient of a convolution, which enlarges planes.
    Transposed(Transposed),
    /// A convolution with different weights at each position.
    LocallyConnected(LocallyConnected),
    /// Pooling.
    Pool(Pool),
    /// Normalisation as a layer of its own.
    Norm {
        /// The normalisation.
        norm: Norm,
    },
    /// Activation as a layer of its own.
    Activation {
        /// The activation.
        activation: Activation,
    },
    /// Zeroes each value with probability `rate` in training, and scales the others by 1/(1 − rate)
    /// (Srivastava et al. 2014).
    Dropout {
        /// Probability in [0, 1).
        rate: f64,
    },
    /// Zeroes each plane (each value of flat features) with probability `rate`, and scales the
    /// others (Tompson et al. 2015).
    SpatialDropout {
        /// Probability in [0, 1).
        rate: f64,
    },
    /// Zeroes all values of an image with probability `rate`, and scales the others: stochastic
    /// depth, at the end of a residual's layers (Huang et al. 2016).
    DropPath {
        /// Probability in [0, 1).
        rate: f64,
    },
    /// `[channels, height, width]` to `[channels·height·width]`, channel-major.
    Flatten,
    /// Fully connected layer.
    Dense(Dense),
    /// Enlarges planes without weights.
    Upsample(Upsample),
    /// Scales each channel by a factor that a small network computes from the means of all channels
    /// (Hu et al. 2018).
    SqueezeExcite(SqueezeExcite),
    /// Adds pixels around the planes.
    Pad(Pad),
    /// Layers whose output is added to a shortcut around them (He et al. 2016).
    Residual(Residual),
    /// Branches over the same input, whose outputs are joined.
    Parallel(Parallel),
}

impl Layer {
    /// The key that names the layer in an experiment file.
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

/// Layers and a shortcut around them, whose outputs are added.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Residual {
    /// The layers.
    pub layers: Vec<Layer>,
    /// The shortcut.
    pub shortcut: Shortcut,
}

/// How the input of a residual reaches the sum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shortcut {
    /// Identity if the shapes agree, else projection.
    Auto,
    /// Unchanged.
    Identity,
    /// A 1×1 convolution with the stride that fits, and with the bias, norm and initialisation of
    /// the last convolution among the layers.
    Projection,
    /// Pixels at the stride that fits, with channels of zeros appended: no parameters (option A of
    /// He et al. 2016).
    Pad,
    /// Through these layers.
    Layers(Vec<Layer>),
}

/// Branches over the same input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parallel {
    /// The branches; an empty one is the identity.
    pub branches: Vec<Vec<Layer>>,
    /// How their outputs are joined.
    pub join: Join,
}

/// How the outputs of branches are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Join {
    /// Concatenated along the channels, in the order of the branches.
    Concat,
    /// Added.
    Add,
}
