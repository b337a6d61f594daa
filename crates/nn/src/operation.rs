//! What a network does to a batch, as a list of operations. Parameters and running statistics are
//! referred to by their index in the network's lists.

use crate::function::Function;
use crate::layer_parameters::LayerParameters;
use crate::learned_function::LearnedFunction;
use crate::ops::{FusedConv, FusedDense, TransposedConv};
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
use convsweep_spec::model::{Activation, Join};

/// One operation. A layer of the file with norm and activation is several, before those that can be
/// are fused (`fuse.rs`).
///
/// `name` is the name of the layer; `fused` are the names of further layers that are computed in
/// the same pass.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Conv {
        parameters: LayerParameters,
        conv: FusedConv,
        fused: Vec<String>,
    },
    Transposed {
        parameters: LayerParameters,
        conv: TransposedConv,
    },
    Dense {
        parameters: LayerParameters,
        dense: FusedDense,
        fused: Vec<String>,
    },
    BatchNorm {
        norm: BatchNorm,
        fused: Vec<String>,
    },
    Activation {
        name: String,
        activation: Activation,
    },
    Dropout {
        name: String,
        rate: f64,
        unit: DropoutUnit,
    },
    Flatten,
    Pool {
        name: String,
        pooling: Pooling,
    },
    /// A function without parameters, random numbers or kernels of ours.
    Function {
        /// Set where the kernel of the layer is recorded.
        name: Option<String>,
        function: Function,
    },
    /// A function with parameters, without kernels of ours.
    LearnedFunction(LearnedFunction),
    /// Multiplies each channel by what the operations compute from the batch, `[batch, channels]`.
    Gate(Vec<Operation>),
    Branches {
        name: String,
        branches: Vec<Vec<Operation>>,
        join: Join,
        /// Whether `max(y, 0)` follows the sum.
        relu: bool,
        fused: Vec<String>,
    },
    /// Leaves the batch as it is, and keeps it in the pass. What is before and behind it is not
    /// computed together.
    Observe,
}

impl Operation {
    /// The convolution, if this is one without anything else in the same pass: a norm behind it can
    /// then be fused with it.
    pub(crate) fn as_bare_conv(&self) -> Option<(LayerParameters, &FusedConv)> {
        match self {
            Operation::Conv {
                parameters, conv, ..
            } if !conv.relu && !conv.pool => Some((*parameters, conv)),
            _ => None,
        }
    }

    /// The sum of a norm and a shortcut, if this is one, so that the shortcut can be added in the
    /// same pass as the values are normalised.
    pub(crate) fn as_norm_and_sum(&self) -> Option<NormAndSum<'_>> {
        let Operation::Branches {
            branches,
            join: Join::Add,
            ..
        } = self
        else {
            return None;
        };
        let [body, shortcut] = &branches[..] else {
            return None;
        };
        match body.split_last()? {
            (Operation::BatchNorm { norm, .. }, before) if !norm.relu => Some(NormAndSum {
                before,
                norm,
                shortcut,
            }),
            _ => None,
        }
    }
}

/// A sum of two branches whose first one ends in batch normalisation.
pub(crate) struct NormAndSum<'a> {
    /// The operations before the norm.
    pub before: &'a [Operation],
    pub norm: &'a BatchNorm,
    /// The other branch.
    pub shortcut: &'a [Operation],
}

/// What is computed from the pixels of a window.
#[derive(Clone, Debug)]
pub(crate) enum Pooling {
    Max(MaxPoolOptions<2>),
    Average(AvgPoolOptions<2>),
    GlobalAverage,
}

/// What dropout zeroes as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DropoutUnit {
    Value,
    Plane,
    Image,
}

/// Batch normalisation: scale and shift are indices of parameters, mean and variance of running
/// statistics.
#[derive(Clone, Debug)]
pub(crate) struct BatchNorm {
    pub scale: usize,
    pub shift: usize,
    pub mean: usize,
    pub variance: usize,
    /// Weight of the newest batch in the running statistics.
    pub momentum: f64,
    pub epsilon: f64,
    /// Whether `max(y, 0)` follows.
    pub relu: bool,
}
