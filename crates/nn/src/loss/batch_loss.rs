//! The loss of a batch, and its computation on the host.

use super::targets::Targets;
use crate::host::values;
use crate::scalar::Scalar;
use burn::tensor::{Tensor, TensorData};
use convsweep_kernels::cross_entropy;

/// The loss of a batch.
#[derive(Debug)]
pub(crate) struct LossOfBatch {
    /// Sum over the images.
    pub sum: Scalar,
    /// Number of images classified correctly.
    pub correct: Scalar,
    /// Gradient of the mean loss with respect to the logits, `[images, classes]`.
    pub gradient: Tensor<2>,
}

/// The loss of `logits` `[images, classes]`, computed on the host in f64.
pub(super) fn loss_on_host(targets: &Targets, logits: Tensor<2>) -> LossOfBatch {
    let (dims, device) = (logits.dims(), logits.device());
    let found = cross_entropy(&values(logits), &targets.rows, dims[1], targets.focal);
    let mut correct = 0;
    for (predicted, label) in found.predicted.iter().zip(&targets.labels) {
        correct += u32::from(predicted == label);
    }
    LossOfBatch {
        sum: Scalar::Known(found.loss_sum),
        correct: Scalar::Known(f64::from(correct)),
        gradient: Tensor::from_data(TensorData::new(found.gradient, dims), &device),
    }
}
