//! What a network does to a batch, as a list of operations. Parameters are referred to by their
//! place in the network's lists.

use crate::ops::{self, ConvUnit, DenseUnit, TransposedUnit};
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor};
use convsweep_spec::augment::Fill;
use convsweep_spec::model::{Activation, Interpolation, Join};

/// A batch between two layers.
#[derive(Clone, Debug)]
pub(crate) enum Batch {
    /// `[batch, channels, height, width]`
    Image(Tensor<4>),
    /// `[batch, height, width, channels]`: the same as our kernels take and give it.
    Last(Tensor<4>),
    /// `[batch, features]`
    Flat(Tensor<2>),
}

/// One operation; a convolution of the file with norm and activation is three, before they are
/// joined (`fuse`).
///
/// `name` is that of the layer; `joined` are the names of further layers that are computed in the
/// same pass.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Conv {
        weight: usize,
        bias: Option<usize>,
        unit: ConvUnit,
        joined: Vec<String>,
    },
    Transposed {
        weight: usize,
        bias: Option<usize>,
        unit: TransposedUnit,
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
        joined: Vec<String>,
    },
    BatchNorm {
        norm: BatchNorm,
        joined: Vec<String>,
    },
    /// Each image by groups of channels; `None` for a group for each channel.
    GroupNorm {
        scale: usize,
        shift: usize,
        groups: Option<usize>,
        epsilon: f64,
    },
    Activation {
        name: String,
        function: Activation,
    },
    /// With the place of the slopes, one for each channel.
    Prelu(usize),
    Dropout {
        name: String,
        rate: f64,
        unit: Unit,
    },
    Flatten,
    Pool {
        name: String,
        pooling: Pooling,
    },
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
        name: String,
        branches: Vec<Vec<Operation>>,
        join: Join,
        /// `max(y, 0)` follows the sum.
        relu: bool,
        joined: Vec<String>,
    },
}

impl Operation {
    /// A convolution with nothing in the same pass, so that a norm behind it can be: places of
    /// weights and bias, and its sizes.
    pub(crate) fn bare_conv(&self) -> Option<(usize, Option<usize>, &ConvUnit)> {
        match self {
            Operation::Conv {
                weight, bias, unit, ..
            } if !unit.relu && !unit.pool => Some((*weight, *bias, unit)),
            _ => None,
        }
    }
}

/// What becomes of the pixels of a window.
#[derive(Clone, Debug)]
pub(crate) enum Pooling {
    Max(MaxPoolOptions<2>),
    Average(AvgPoolOptions<2>),
    GlobalAverage,
    GlobalMax,
    /// To planes of this size.
    AdaptiveAverage([usize; 2]),
    AdaptiveMax([usize; 2]),
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
    /// `max(y, 0)` follows.
    pub relu: bool,
}

/// The parts of a sum of two branches whose first ends in batch normalisation, so that the other
/// can be added as the values are normalised: the norm, what comes before it, and the other branch.
pub(crate) fn norm_then_sum(
    operation: &Operation,
) -> Option<(&BatchNorm, &[Operation], &[Operation])> {
    let Operation::Branches {
        branches,
        join: Join::Add,
        ..
    } = operation
    else {
        return None;
    };
    let [body, other] = &branches[..] else {
        return None;
    };
    match body.split_last()? {
        (Operation::BatchNorm { norm, .. }, before) if !norm.relu => Some((norm, before, other)),
        _ => None,
    }
}

impl Batch {
    /// Applies what looks at each value for itself, keeping rank and order.
    pub(crate) fn map(
        self,
        image: impl FnOnce(Tensor<4>) -> Tensor<4>,
        flat: impl FnOnce(Tensor<2>) -> Tensor<2>,
    ) -> Batch {
        match self {
            Batch::Image(x) => Batch::Image(image(x)),
            Batch::Last(x) => Batch::Last(image(x)),
            Batch::Flat(x) => Batch::Flat(flat(x)),
        }
    }

    /// The planes, `[batch, channels, height, width]`.
    ///
    /// Panics on flat features: `spec::shape` has refused such a model before.
    pub(crate) fn image(self) -> Tensor<4> {
        match self {
            Batch::Image(x) => x,
            Batch::Last(x) => x.permute([0, 3, 1, 2]),
            Batch::Flat(_) => panic!("a layer for images got flat features"),
        }
    }

    /// The pixels, `[batch, height, width, channels]`.
    ///
    /// Panics as [`Batch::image`].
    pub(crate) fn last(self) -> Tensor<4> {
        match self {
            Batch::Last(x) => x,
            other => other.image().permute([0, 2, 3, 1]),
        }
    }

    /// `[batch, features]`, channel-major.
    pub(crate) fn flatten(self) -> Tensor<2> {
        match self {
            Batch::Flat(x) => x,
            Batch::Last(x) => ops::flatten(x),
            Batch::Image(x) => x.flatten(1, 3),
        }
    }

    /// Where the values are.
    pub(crate) fn device(&self) -> Device {
        match self {
            Batch::Image(x) | Batch::Last(x) => x.device(),
            Batch::Flat(x) => x.device(),
        }
    }

    /// Shape with batch and channels first.
    pub(crate) fn dims(&self) -> Vec<usize> {
        match self {
            Batch::Image(x) => x.dims().to_vec(),
            Batch::Last(x) => {
                let [n, h, w, c] = x.dims();
                vec![n, c, h, w]
            }
            Batch::Flat(x) => x.dims().to_vec(),
        }
    }

    /// A value for each channel, in a shape that goes with the batch's.
    pub(crate) fn by_channel(&self, values: Tensor<1>) -> Batch {
        let c = values.dims()[0];
        match self {
            Batch::Image(_) => Batch::Image(values.reshape([1, c, 1, 1])),
            Batch::Last(_) => Batch::Last(values.reshape([1, 1, 1, c])),
            Batch::Flat(_) => Batch::Flat(values.reshape([1, c])),
        }
    }

    /// Combines two batches value by value; where one has its channels last, so has the result.
    pub(crate) fn zip(
        self,
        other: Batch,
        image: impl FnOnce(Tensor<4>, Tensor<4>) -> Tensor<4>,
        flat: impl FnOnce(Tensor<2>, Tensor<2>) -> Tensor<2>,
    ) -> Batch {
        match (self, other) {
            (Batch::Image(a), Batch::Image(b)) => Batch::Image(image(a, b)),
            (a @ Batch::Flat(_), b) | (a, b @ Batch::Flat(_)) => {
                Batch::Flat(flat(a.flatten(), b.flatten()))
            }
            (a, b) => Batch::Last(image(a.last(), b.last())),
        }
    }
}
