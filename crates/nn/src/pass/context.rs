//! What a pass through a network reads and changes.

use crate::layer_parameters::LayerParameters;
use crate::network::Network;
use crate::ops::{Ops, WeightAndBias, ops_for};
use burn::tensor::Tensor;

/// A pass through a network: what it reads, and the running statistics that it moves.
pub(crate) struct Pass<'a> {
    pub network: &'a Network,
    pub(super) ops: &'static dyn Ops,
    /// The parameters, tracked where gradients are needed.
    pub parameters: Vec<Tensor<1>>,
    /// `None` in evaluation.
    pub training: Option<TrainingPass>,
    /// Whether an evaluation is differentiated: it then computes the same by operations that have
    /// gradients.
    pub is_differentiated: bool,
    /// The planes that [`crate::operation::Operation::Observe`] came across.
    pub observed: Option<Tensor<4>>,
}

/// What only training needs.
pub(crate) struct TrainingPass {
    pub seed: u64,
    pub step: u64,
    /// The running statistics, as this pass leaves them.
    pub statistics: Vec<Tensor<1>>,
}

impl<'a> Pass<'a> {
    pub(crate) fn new(
        network: &'a Network,
        parameters: Vec<Tensor<1>>,
        training: Option<TrainingPass>,
    ) -> Self {
        Pass {
            network,
            ops: ops_for(&network.device, network.arithmetic),
            parameters,
            training,
            is_differentiated: false,
            observed: None,
        }
    }

    /// An evaluation.
    pub(crate) fn evaluation(network: &'a Network) -> Self {
        let parameters = network.parameters.iter().map(|p| p.value.clone());
        Pass::new(network, parameters.collect(), None)
    }

    /// An evaluation through which gradients flow; they do not reach the parameters.
    pub(crate) fn differentiated(network: &'a Network) -> Self {
        let parameters = network.parameters.iter();
        let parameters = parameters.map(|p| p.value.clone().autodiff()).collect();
        Pass {
            is_differentiated: true,
            ..Pass::new(network, parameters, None)
        }
    }

    /// Weights and bias of a layer, flat.
    pub(super) fn weight_and_bias(&self, layer: LayerParameters) -> WeightAndBias {
        WeightAndBias {
            weight: self.parameters[layer.weight].clone(),
            bias: layer.bias.map(|bias| self.parameters[bias].clone()),
        }
    }
}
