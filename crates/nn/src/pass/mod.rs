//! One pass of a batch through a network, operation by operation.

mod branches;
mod dropout;
mod normalization;

use crate::activation::{activate, prelu};
use crate::batch::Batch;
use crate::locally_connected::locally_connected;
use crate::network::Network;
use crate::operation::{LayerParameters, Operation, Pooling};
use crate::ops::{Ops, WeightAndBias, ops_for};
use burn::tensor::Tensor;
use normalization::{Norm, group_norm};

/// A pass through a network: what it reads, and the running statistics that it moves.
pub(crate) struct Pass<'a> {
    pub network: &'a Network,
    ops: &'static dyn Ops,
    /// The parameters, tracked where gradients are needed.
    pub parameters: Vec<Tensor<1>>,
    /// `None` in evaluation.
    pub training: Option<TrainingPass>,
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
            ops: ops_for(&network.device, network.kernels),
            parameters,
            training,
        }
    }

    /// Logits of `images`.
    pub(crate) fn run(&mut self, images: Batch) -> Tensor<2> {
        let network = self.network;
        let logits = self.apply_all(&network.operations, images);
        self.ops.flatten(logits)
    }

    /// Applies operations in their order; a norm behind a convolution together with it.
    fn apply_all(&mut self, operations: &[Operation], batch: Batch) -> Batch {
        let (mut rest, mut batch) = (operations, batch);
        while let Some((operation, behind)) = rest.split_first() {
            (batch, rest) = match (operation.as_bare_conv(), behind.split_first()) {
                (conv @ Some(_), Some((Operation::BatchNorm { norm, .. }, behind))) => {
                    let norm = Norm::after(conv, norm);
                    (self.batch_norm(batch, norm), behind)
                }
                _ => (self.apply(operation, batch), behind),
            };
        }
        batch
    }

    fn apply(&mut self, operation: &Operation, batch: Batch) -> Batch {
        match operation {
            Operation::Conv {
                parameters, conv, ..
            } => self
                .ops
                .conv(batch, self.weight_and_bias(*parameters), conv),
            Operation::Transposed { parameters, conv } => {
                let layer = self.weight_and_bias(*parameters);
                self.ops.transposed(batch, layer, conv)
            }
            Operation::LocallyConnected {
                parameters,
                windows,
            } => {
                let weight = self.parameter::<3>(parameters.weight);
                let bias = parameters.bias.map(|bias| self.parameter::<3>(bias));
                let x = batch.channels_first();
                Batch::ChannelsFirst(locally_connected(x, weight, bias, windows))
            }
            Operation::Dense {
                parameters, dense, ..
            } => {
                let layer = self.weight_and_bias(*parameters);
                let x = self.ops.flatten(batch);
                Batch::Flat(self.ops.dense(x, layer, *dense))
            }
            Operation::BatchNorm { norm, .. } => self.batch_norm(batch, Norm::after(None, norm)),
            Operation::GroupNorm {
                scale,
                shift,
                groups,
                epsilon,
            } => {
                let (scale, shift) = (self.parameter(*scale), self.parameter(*shift));
                group_norm(batch, scale, shift, *groups, *epsilon)
            }
            Operation::Activation { activation, .. } => {
                batch.map(|x| activate(x, *activation), |x| activate(x, *activation))
            }
            Operation::Prelu { slopes } => {
                let slopes = batch.by_channel(self.parameter::<1>(*slopes));
                batch.zip(slopes, prelu, prelu)
            }
            Operation::Dropout { name, rate, unit } => self.dropout(batch, name, *rate, *unit),
            Operation::Flatten => Batch::Flat(self.ops.flatten(batch)),
            Operation::Pool { pooling, .. } => self.pool(batch, pooling),
            Operation::Function { function, .. } => function.apply(batch),
            Operation::Gate(operations) => self.gate(batch, operations),
            Operation::Branches { .. } => self.branches(batch, operation),
        }
    }

    fn pool(&self, batch: Batch, pooling: &Pooling) -> Batch {
        match pooling {
            Pooling::Max(options) => self.ops.max_pool(batch, options),
            Pooling::Average(options) => self.ops.average_pool(batch, options),
            Pooling::GlobalAverage => Batch::Flat(self.ops.global_average(batch)),
        }
    }

    /// Multiplies each channel by what `operations` compute from the batch.
    fn gate(&mut self, batch: Batch, operations: &[Operation]) -> Batch {
        let gate = self.apply_all(operations, batch.clone());
        let gate = self.ops.flatten(gate);
        let [n, c] = gate.dims();
        match batch {
            Batch::ChannelsLast(x) => Batch::ChannelsLast(x * gate.reshape([n, 1, 1, c])),
            other => Batch::ChannelsFirst(other.channels_first() * gate.reshape([n, c, 1, 1])),
        }
    }

    /// Weights and bias of a layer, flat.
    fn weight_and_bias(&self, layer: LayerParameters) -> WeightAndBias {
        WeightAndBias {
            weight: self.parameters[layer.weight].clone(),
            bias: layer.bias.map(|bias| self.parameters[bias].clone()),
        }
    }

    /// A parameter in its shape.
    fn parameter<const D: usize>(&self, index: usize) -> Tensor<D> {
        let mut shape = [1; D];
        shape.copy_from_slice(&self.network.parameters[index].shape);
        self.parameters[index].clone().reshape(shape)
    }
}
