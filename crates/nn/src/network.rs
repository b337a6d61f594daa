//! A network: operations, named parameters and running statistics; what goes in and out of it.

use crate::forward::values;
use crate::operation::Operation;
use burn::tensor::{Device, Tensor, TensorData};
use convsweep_spec::pattern::{self, takes};
use convsweep_spec::train::Kernels;
use thiserror::Error;

/// A network on a device.
#[derive(Clone, Debug)]
pub struct Network {
    pub(crate) operations: Vec<Operation>,
    /// Trainable parameters in the order of the layers.
    pub(crate) parameters: Vec<Named>,
    /// Running statistics of batch normalisation.
    pub(crate) statistics: Vec<Named>,
    /// For each parameter whether it stays as it is.
    pub(crate) frozen: Vec<bool>,
    pub(crate) classes: usize,
    pub(crate) device: Device,
    pub(crate) kernels: Kernels,
}

/// A named tensor, kept flat.
#[derive(Clone, Debug)]
pub struct Named {
    /// The layer's name (`spec::shape::LayerSummary::name`) and the role: `conv1.weight`,
    /// `residual1.conv2.norm.running_mean`.
    pub name: String,
    /// Shape that the values have: `[filters, channels / groups, height, width]`,
    /// `[units, features]`, `[channels]`; of transposed convolutions
    /// `[channels, filters / groups, height, width]`, of locally connected layers
    /// `[rows · columns, filters, channels · height · width]` and `[filters, rows, columns]`.
    pub shape: Vec<usize>,
    /// The values, row-major.
    pub value: Tensor<1>,
}

/// What one training step found; nothing has been updated by it.
#[derive(Debug, Default)]
pub struct Gradients {
    /// Sum of the images' losses.
    pub loss_sum: f64,
    /// Images whose most probable class was the true one.
    pub correct: u32,
    /// Gradient of the mean loss for each parameter, in their order.
    pub gradients: Vec<Tensor<1>>,
    /// New running statistics, in their order.
    pub(crate) statistics: Vec<Tensor<1>>,
}

/// Derivatives of a weighted sum of logits.
#[derive(Clone, Debug)]
pub struct Derivatives {
    /// The logits, `[batch, classes]`, row-major.
    pub logits: Vec<f32>,
    /// By the images, `[batch, channels, height, width]`, row-major.
    pub images: Vec<f32>,
    /// By each parameter, in their order.
    pub parameters: Vec<Vec<f32>>,
}

/// A saved tensor that does not belong to this network.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StateError {
    /// A tensor that the network has is not in the saved state.
    #[error("the saved state has no tensor {name:?}")]
    Missing {
        /// Its name.
        name: String,
    },
    /// A tensor has another number of values than the network's.
    #[error("the saved tensor {name:?} has {found} values where the network has {expected}")]
    Size {
        /// Its name.
        name: String,
        /// Values in the network.
        expected: usize,
        /// Values in the saved state.
        found: usize,
    },
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

    /// Replaces the values by what `find` has under this name.
    pub(crate) fn restore(
        &mut self,
        device: &Device,
        find: &dyn Fn(&str) -> Option<Vec<f32>>,
    ) -> Result<(), StateError> {
        self.value = tensor(find_checked(&self.name, self.count(), find)?, device);
        Ok(())
    }
}

pub(crate) fn find_checked(
    name: &str,
    expected: usize,
    find: &dyn Fn(&str) -> Option<Vec<f32>>,
) -> Result<Vec<f32>, StateError> {
    let values = find(name).ok_or_else(|| StateError::Missing { name: name.into() })?;
    if values.len() != expected {
        return Err(StateError::Size {
            name: name.into(),
            expected,
            found: values.len(),
        });
    }
    Ok(values)
}

pub(crate) fn tensor(values: Vec<f32>, device: &Device) -> Tensor<1> {
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count]), device)
}

impl Gradients {
    /// Takes in a further batch of `more` images after `images` of them: as if both had been one
    /// batch.
    pub fn merge(&mut self, images: usize, other: Gradients, more: usize) {
        self.loss_sum += other.loss_sum;
        self.correct += other.correct;
        let [old, new] = [images, more].map(|n| n as f64 / (images + more) as f64);
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
    pub fn with_kernels(self, kernels: Kernels) -> Self {
        Network { kernels, ..self }
    }

    /// Freezes the layers that `rules` name and no others ([`convsweep_spec::pattern::takes`]).
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

    /// Trainable parameters, then running statistics: all that the trained network is.
    pub fn tensors(&self) -> impl Iterator<Item = &Named> {
        self.parameters.iter().chain(&self.statistics)
    }

    /// Trainable parameters in the order of the layers.
    pub fn parameters(&self) -> &[Named] {
        &self.parameters
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Replaces parameters and statistics by what `find` has under their names.
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

    /// Takes over the running statistics that a step found.
    pub fn update_statistics(&mut self, found: &mut Gradients) {
        for (named, value) in self.statistics.iter_mut().zip(found.statistics.drain(..)) {
            named.value = value;
        }
    }
}
