//! Functions of a batch and of parameters that have no kernels of ours, by Burn's operations.

use crate::activation::prelu;
use crate::batch::Batch;
use crate::group_norm::group_norm;
use crate::layer_parameters::LayerParameters;
use crate::locally_connected::{Windows, locally_connected};
use crate::ops::Ops;
use burn::tensor::Tensor;

/// A function of a batch and of a layer's parameters, which are indices in the network's list. A
/// layer with parameters is a variant here, unless it has a kernel of its own.
#[derive(Clone, Debug)]
pub(crate) enum LearnedFunction {
    LocallyConnected {
        parameters: LayerParameters,
        windows: Windows,
    },
    /// Normalises groups of channels of each image; `None` makes each channel a group.
    GroupNorm {
        scale: usize,
        shift: usize,
        groups: Option<usize>,
        epsilon: f64,
    },
    /// An activation with a learned slope for each channel.
    Prelu { slopes: usize },
}

impl LearnedFunction {
    /// Computes the function with the network's parameters, each of which is flat.
    ///
    /// Panics where the function needs images but gets flat features: `spec::shape` has rejected
    /// such a model before.
    pub(crate) fn apply(&self, batch: Batch, parameters: &[Tensor<1>], ops: &dyn Ops) -> Batch {
        let parameter = |index: usize| parameters[index].clone();
        match self {
            LearnedFunction::LocallyConnected {
                parameters: LayerParameters { weight, bias },
                windows,
            } => {
                let (weight, bias) = (parameter(*weight), bias.map(parameter));
                let x = batch.channels_first();
                Batch::ChannelsFirst(locally_connected(x, weight, bias, windows, ops))
            }
            LearnedFunction::GroupNorm {
                scale,
                shift,
                groups,
                epsilon,
            } => {
                let (scale, shift) = (parameter(*scale), parameter(*shift));
                group_norm(batch, scale, shift, *groups, *epsilon)
            }
            LearnedFunction::Prelu { slopes } => {
                let slopes = batch.by_channel(parameter(*slopes));
                batch.zip(slopes, prelu, prelu)
            }
        }
    }

    /// A parameter whose name begins with that of the layer.
    pub(crate) fn first_parameter(&self) -> usize {
        match self {
            LearnedFunction::LocallyConnected { parameters, .. } => parameters.weight,
            LearnedFunction::GroupNorm { scale, .. } => *scale,
            LearnedFunction::Prelu { slopes } => *slopes,
        }
    }
}
