//! Applies operations to a batch.

use super::context::Pass;
use super::normalization::NormInputs;
use crate::batch::Batch;
use crate::operation::{Operation, Pooling};
use burn::tensor::Tensor;

impl Pass<'_> {
    /// Logits of a batch by the last operations of the network.
    pub(crate) fn run(&mut self, operations: &[Operation], batch: Batch) -> Tensor<2> {
        let logits = self.apply_all(operations, batch);
        self.ops.flatten(self.ops.widened(logits))
    }

    /// Applies operations in their order; a norm behind a convolution together with it.
    pub(crate) fn apply_all(&mut self, operations: &[Operation], batch: Batch) -> Batch {
        let (mut rest, mut batch) = (operations, batch);
        while let Some((operation, behind)) = rest.split_first() {
            (batch, rest) = match (operation.as_bare_conv(), behind.split_first()) {
                (conv @ Some(_), Some((Operation::BatchNorm { norm, .. }, behind))) => {
                    let norm = NormInputs::after(conv, norm);
                    (self.batch_norm(batch, norm), behind)
                }
                _ => (self.apply(operation, batch), behind),
            };
        }
        batch
    }

    pub(super) fn apply(&mut self, operation: &Operation, batch: Batch) -> Batch {
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
            Operation::Dense {
                parameters, dense, ..
            } => {
                let layer = self.weight_and_bias(*parameters);
                let x = self.ops.flatten(batch);
                Batch::Flat(self.ops.dense(x, layer, *dense))
            }
            Operation::BatchNorm { norm, .. } => {
                self.batch_norm(batch, NormInputs::after(None, norm))
            }
            Operation::Activation { activation, .. } => self.ops.activate(batch, *activation),
            Operation::Dropout { name, rate, unit } => self.dropout(batch, name, *rate, *unit),
            Operation::Flatten => Batch::Flat(self.ops.flatten(batch)),
            Operation::Pool { pooling, .. } => self.pool(batch, pooling),
            Operation::Function { function, .. } => function.apply(batch, self.ops),
            Operation::LearnedFunction(function) => {
                let batch = self.ops.widened(batch);
                function.apply(batch, &self.parameters, self.ops)
            }
            Operation::Gate(operations) => self.gate(batch, operations),
            Operation::Observe => self.observe(batch),
            Operation::Branches {
                branches,
                join,
                relu,
                ..
            } => match operation.as_norm_and_sum() {
                Some(sum) => self.norm_and_sum(batch, sum, *relu),
                None => self.branches(batch, branches, *join, *relu),
            },
        }
    }

    /// Keeps planes. Where gradients flow, they begin here, and not before.
    fn observe(&mut self, batch: Batch) -> Batch {
        let planes = batch.channels_first();
        let planes = match self.is_differentiated {
            true => planes.inner().autodiff().require_grad(),
            false => planes,
        };
        self.observed = Some(planes.clone());
        Batch::ChannelsFirst(planes)
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
}
