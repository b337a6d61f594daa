//! What a network does to a batch, as a list of operations. Parameters are referred to by their place in the network's lists.

use crate::ops::{ConvUnit, DenseUnit};
use burn::tensor::Tensor;
use burn::tensor::ops::{AvgPoolOptions, ConvTransposeOptions, MaxPoolOptions};
use convsweep_spec::augment::Fill;
use convsweep_spec::model::{Activation, Interpolation, Join};

/// A batch between two layers.
#[derive(Clone, Debug)]
pub(crate) enum Batch {
    /// `[batch, channels, height, width]`
    Image(Tensor<4>),
    /// `[batch, features]`
    Flat(Tensor<2>),
}

/// One operation; a convolution of the file with norm and activation is three, before they are joined (`fuse`).
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Conv {
        weight: usize,
        bias: Option<usize>,
        unit: ConvUnit,
    },
    /// `extra`: rows and columns more than asked for, at the bottom and right.
    Transposed {
        weight: usize,
        bias: Option<usize>,
        options: ConvTransposeOptions<2>,
        extra: [usize; 2],
    },
    LocallyConnected {
        weight: usize,
        bias: Option<usize>,
        windows: Windows,
    },
    Dense {
        weight: usize,
        bias: Option<usize>,
        unit: DenseUnit,
    },
    BatchNorm(BatchNorm),
    /// Each image by groups of channels; `None` for a group for each channel.
    GroupNorm {
        scale: usize,
        shift: usize,
        groups: Option<usize>,
        epsilon: f64,
    },
    Activation(Activation),
    /// With the place of the slopes, one for each channel.
    Prelu(usize),
    Dropout {
        name: String,
        rate: f64,
        unit: Unit,
    },
    Flatten,
    MaxPool(MaxPoolOptions<2>),
    AveragePool(AvgPoolOptions<2>),
    GlobalAverage,
    GlobalMax,
    /// To planes of this size.
    AdaptiveAverage([usize; 2]),
    AdaptiveMax([usize; 2]),
    Upsample {
        factor: [usize; 2],
        method: Interpolation,
    },
    /// `[(top, bottom), (left, right)]`
    Pad {
        pixels: [(usize, usize); 2],
        fill: Fill,
    },
    /// Every `stride`th pixel, and zeros behind up to `channels`.
    PadShortcut {
        stride: [usize; 2],
        channels: usize,
    },
    /// Each channel times what the operations make of the batch, `[batch, channels]`.
    Gate(Vec<Operation>),
    Branches {
        branches: Vec<Vec<Operation>>,
        join: Join,
    },
}

/// What is dropped as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Number,
    Plane,
    Image,
}

/// Windows of a locally connected layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Windows {
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    /// `[(top, bottom), (left, right)]`
    pub padding: [(usize, usize); 2],
    /// Number of windows down and across.
    pub count: [usize; 2],
}

/// Places of scale and shift (parameters) and of running mean and variance (statistics).
#[derive(Clone, Debug)]
pub(crate) struct BatchNorm {
    pub scale: usize,
    pub shift: usize,
    pub mean: usize,
    pub variance: usize,
    /// Weight of the newest batch in the running statistics.
    pub momentum: f64,
    pub epsilon: f64,
}

impl Batch {
    /// Applies `image` or `flat`, whichever fits, keeping the rank.
    pub(crate) fn map(
        self,
        image: impl FnOnce(Tensor<4>) -> Tensor<4>,
        flat: impl FnOnce(Tensor<2>) -> Tensor<2>,
    ) -> Batch {
        match self {
            Batch::Image(x) => Batch::Image(image(x)),
            Batch::Flat(x) => Batch::Flat(flat(x)),
        }
    }

    /// The planes.
    ///
    /// Panics on flat features: `spec::shape` has refused such a model before.
    pub(crate) fn image(self) -> Tensor<4> {
        match self {
            Batch::Image(x) => x,
            Batch::Flat(_) => panic!("a layer for images got flat features"),
        }
    }

    /// `[batch, features]`, channel-major.
    pub(crate) fn flatten(self) -> Tensor<2> {
        match self {
            Batch::Image(x) => x.flatten(1, 3),
            Batch::Flat(x) => x,
        }
    }

    /// Shape with the batch first.
    pub(crate) fn dims(&self) -> Vec<usize> {
        match self {
            Batch::Image(x) => x.dims().to_vec(),
            Batch::Flat(x) => x.dims().to_vec(),
        }
    }
}
