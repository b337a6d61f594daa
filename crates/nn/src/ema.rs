//! An exponential moving average of a network's weights and running statistics.

use crate::host::{tensor, values};
use crate::network::{Named, Network};
use crate::state_error::{StateError, find_checked};
use burn::tensor::Tensor;

/// The average of every tensor of a network, in the order of [`Network::tensors`].
#[derive(Clone, Debug)]
pub struct Average {
    values: Vec<Tensor<1>>,
}

impl Average {
    /// The average before the first step: `network` itself.
    pub fn new(network: &Network) -> Self {
        Average {
            values: network.tensors().map(|t| t.value.clone()).collect(),
        }
    }

    /// Updates the average by `network` after `step` steps (from 1):
    /// average ← d·average + (1 − d)·network with d = min(decay, (1 + step) / (10 + step)), so that
    /// the initial weights are soon forgotten, as in TensorFlow's `ExponentialMovingAverage`.
    pub fn update(&mut self, network: &Network, decay: f64, step: u64) {
        let d = decay.min((1.0 + step as f64) / (10.0 + step as f64));
        for (average, named) in self.values.iter_mut().zip(network.tensors()) {
            *average = average.clone().mul_scalar(d) + named.value.clone().mul_scalar(1.0 - d);
        }
    }

    /// `network` with the averages in place of its values.
    pub fn applied(&self, network: &Network) -> Network {
        let mut averaged = network.clone();
        let parameters = averaged.parameters.iter_mut();
        let tensors = parameters.chain(&mut averaged.statistics);
        for (named, value) in tensors.zip(&self.values) {
            named.value = value.clone();
        }
        averaged
    }

    /// Name, shape and values: `ema.conv1.weight`, …
    pub fn tensors(&self, network: &Network) -> Vec<(String, Vec<usize>, Vec<f32>)> {
        let mut tensors = Vec::with_capacity(self.values.len());
        for (value, named) in self.values.iter().zip(network.tensors()) {
            tensors.push((name(named), named.shape.clone(), values(value.clone())));
        }
        tensors
    }

    /// The average from the tensors that `find` has under the names of [`Average::tensors`].
    ///
    /// # Errors
    /// If a tensor is missing or has a different size than in the network.
    pub fn restore(
        network: &Network,
        find: &dyn Fn(&str) -> Option<Vec<f32>>,
    ) -> Result<Self, StateError> {
        let mut restored = Vec::new();
        for named in network.tensors() {
            let values = find_checked(&name(named), named.count(), find)?;
            restored.push(tensor(values, &network.device));
        }
        Ok(Average { values: restored })
    }
}

fn name(named: &Named) -> String {
    format!("ema.{}", named.name)
}
