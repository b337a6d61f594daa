//! A network: operations, named parameters and running statistics; saving and restoring them.

use crate::host::{tensor, values};
use crate::operation::Operation;
use crate::ops::Arithmetic;
use crate::scalar::Scalar;
use crate::state_error::{StateError, find_checked};
use burn::tensor::{Device, Tensor};
use convsweep_spec::pattern::{self, takes};
use convsweep_spec::train::{Kernels, Precision};
use std::collections::HashMap;

/// A network on a device.
#[derive(Clone, Debug)]
pub struct Network {
    pub(crate) operations: Vec<Operation>,
    /// Trainable parameters in the order of the layers.
    pub(crate) parameters: Vec<Named>,
    /// Running statistics of batch normalisation.
    pub(crate) statistics: Vec<Named>,
    /// For each parameter whether it is left as it is.
    pub(crate) frozen: Vec<bool>,
    pub(crate) classes: usize,
    pub(crate) device: Device,
    pub(crate) arithmetic: Arithmetic,
}

/// A named tensor, kept flat.
#[derive(Clone, Debug)]
pub struct Named {
    /// The layer's name (`spec::shape::LayerSummary::name`) and the role: `conv1.weight`,
    /// `residual1.conv2.norm.running_mean`.
    pub name: String,
    /// Shape of the values: `[filters, channels / groups, height, width]`,
    /// `[units, features]`, `[channels]`; of transposed convolutions
    /// `[channels, filters / groups, height, width]`, of locally connected layers
    /// `[rows · columns, filters, channels · height · width]` and `[filters, rows, columns]`.
    pub shape: Vec<usize>,
    /// The values, row-major.
    pub value: Tensor<1>,
}

/// Losses and gradients of one training step; nothing has been updated yet.
#[derive(Debug, Default)]
pub struct Gradients {
    /// Sum of the images' losses.
    pub loss_sum: Scalar,
    /// Number of images classified correctly.
    pub correct: Scalar,
    /// Gradient of the mean loss with respect to each parameter, in their order; a single 0 for a
    /// frozen one.
    pub gradients: Vec<Tensor<1>>,
    /// New running statistics, in their order.
    pub(crate) statistics: Vec<Tensor<1>>,
}

/// Derivatives of a weighted sum of logits.
#[derive(Clone, Debug)]
pub struct Derivatives {
    /// The logits, `[batch, classes]`, row-major.
    pub logits: Vec<f32>,
    /// With respect to the images, `[batch, channels, height, width]`, row-major.
    pub images: Vec<f32>,
    /// With respect to each parameter, in their order.
    pub parameters: Vec<Vec<f32>>,
}

impl Named {
    /// Number of values.
    pub fn count(&self) -> usize {
        self.shape.iter().product()
    }

    /// The values, row-major, on the host.
    pub fn values(&self) -> Vec<f32> {
        values(self.value.clone())
    }

    /// Replaces the values by those that `find` has under this name.
    pub(crate) fn restore(
        &mut self,
        device: &Device,
        find: &dyn Fn(&str) -> Option<Vec<f32>>,
    ) -> Result<(), StateError> {
        self.value = tensor(find_checked(&self.name, self.count(), find)?, device);
        Ok(())
    }
}

impl Gradients {
    /// Adds a batch of `other_images` images to the `images` of these gradients, as if all had been
    /// one batch.
    pub fn merge(&mut self, images: usize, other: Gradients, other_images: usize) {
        self.loss_sum = std::mem::take(&mut self.loss_sum).plus(other.loss_sum);
        self.correct = std::mem::take(&mut self.correct).plus(other.correct);
        let all = (images + other_images) as f64;
        let [old, new] = [images, other_images].map(|n| n as f64 / all);
        for (sum, gradient) in self.gradients.iter_mut().zip(other.gradients) {
            *sum = sum.clone().mul_scalar(old) + gradient.mul_scalar(new);
        }
    }
}

impl Network {
    /// Number of trainable values.
    pub fn parameter_count(&self) -> usize {
        self.parameters.iter().map(Named::count).sum()
    }

    /// The same network, computed by these kernels.
    pub fn with_kernels(mut self, kernels: Kernels) -> Self {
        self.arithmetic.kernels = kernels;
        self
    }

    /// The same network, computed in this precision, which its device can compute in
    /// ([`crate::check_precision`]).
    pub fn with_precision(mut self, precision: Precision) -> Self {
        self.arithmetic.precision = precision;
        self
    }

    /// Freezes the layers that `rules` select, and no others ([`convsweep_spec::pattern::takes`]).
    pub fn freeze(&mut self, rules: &[String]) {
        let head = self.head();
        self.frozen = self
            .parameters
            .iter()
            .map(|p| takes(rules, &p.name, head))
            .collect();
    }

    /// Name of the last layer with a matrix of weights.
    pub fn head(&self) -> &str {
        pattern::head(
            self.parameters
                .iter()
                .map(|p| (p.name.as_str(), p.shape.len())),
        )
    }

    /// Trainable parameters, then running statistics: together they are the trained network.
    pub fn tensors(&self) -> impl Iterator<Item = &Named> {
        self.parameters.iter().chain(&self.statistics)
    }

    /// The values of all tensors, by name.
    pub fn values_by_name(&self) -> HashMap<String, Vec<f32>> {
        let named = |tensor: &Named| (tensor.name.clone(), tensor.values());
        self.tensors().map(named).collect()
    }

    /// Trainable parameters in the order of the layers.
    pub fn parameters(&self) -> &[Named] {
        &self.parameters
    }

    /// The device that has the tensors.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Replaces parameters and statistics by those that `find` has under their names.
    ///
    /// # Errors
    /// If one is missing or has another size; the network may then be partly replaced.
    pub fn restore(&mut self, find: &dyn Fn(&str) -> Option<Vec<f32>>) -> Result<(), StateError> {
        let device = self.device.clone();
        self.parameters
            .iter_mut()
            .chain(&mut self.statistics)
            .try_for_each(|named| named.restore(&device, find))
    }

    /// Takes over the running statistics of a training step.
    pub fn update_statistics(&mut self, found: &mut Gradients) {
        for (named, value) in self.statistics.iter_mut().zip(found.statistics.drain(..)) {
            named.value = value;
        }
    }
}
