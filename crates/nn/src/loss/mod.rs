//! Softmax cross-entropy from logits: losses and their gradients for training, and how single
//! images are classified. On the host all is computed in f64; a device that works apart computes
//! the loss of training itself, in f32.

mod batch_loss;
mod image_score;
mod on_device;
mod targets;

use crate::device::works_apart;
use burn::tensor::Tensor;

pub(crate) use batch_loss::LossOfBatch;
pub use image_score::{ImageScore, score_image, score_two_views};
pub use targets::{Mixture, Objective, Targets};

/// The loss of `logits` `[images, classes]`, which are not differentiated.
pub(crate) fn loss(targets: &Targets, logits: Tensor<2>) -> LossOfBatch {
    match works_apart(&logits.device()) {
        true => on_device::loss_on_device(targets, logits),
        false => batch_loss::loss_on_host(targets, logits),
    }
}
