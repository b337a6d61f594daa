//! How the logits of a trained network depend on an image and on what is between its layers.

use crate::batch::Batch;
use crate::host::values;
use crate::network::Network;
use crate::operation::Operation;
use crate::pass::Pass;
use burn::tensor::{Tensor, TensorData};

/// A trained network in two parts, to look at what is between them.
#[derive(Clone, Debug)]
pub struct SplitNetwork {
    /// The first part, with the tensors of both.
    pub(crate) first: Network,
    /// The operations of the second part.
    pub(crate) second: Vec<Operation>,
}

/// Logits, and their gradients with respect to images or what was made of them.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageGradients {
    /// The logits, `[images, classes]`.
    pub logits: Vec<f32>,
    /// The values that the gradients are about, `[images, channels, height, width]`.
    pub values: Vec<f32>,
    /// The gradients, of the same shape.
    pub gradients: Vec<f32>,
    /// The shape.
    pub shape: [usize; 4],
}

impl Network {
    /// Gradients of the sum of all logits times `weights` `[images, classes]` with respect to the
    /// `images` `[images, channels, height, width]`, as the trained network evaluates them.
    pub fn image_gradients(
        &self,
        images: Vec<f32>,
        shape: [usize; 4],
        weights: Vec<f32>,
    ) -> ImageGradients {
        let operations = &self.operations;
        gradients(self, operations, images, shape, weights)
    }
}

impl SplitNetwork {
    /// What is between the two parts, and the gradients of the sum of all logits times weights
    /// `[images, classes]` with respect to it.
    ///
    /// # Panics
    /// If there are no planes between the parts.
    pub fn feature_gradients(
        &self,
        images: Vec<f32>,
        shape: [usize; 4],
        weights: Vec<f32>,
    ) -> ImageGradients {
        let network = &self.first;
        let mut pass = Pass::evaluation(network);
        let images = Tensor::<4>::from_data(TensorData::new(images, shape), &network.device);
        let features = pass.apply_all(&network.operations, Batch::ChannelsFirst(images));
        let features = features.channels_first();
        let shape = features.dims();
        gradients(network, &self.second, values(features), shape, weights)
    }
}

/// Gradients with respect to what `operations` read.
fn gradients(
    network: &Network,
    operations: &[Operation],
    input: Vec<f32>,
    shape: [usize; 4],
    weights: Vec<f32>,
) -> ImageGradients {
    let data = TensorData::new(input.clone(), shape);
    let leaf = Tensor::<4>::from_data(data, &network.device).autodiff();
    let leaf = leaf.require_grad();
    let mut pass = Pass::differentiated(network);
    let logits = pass.apply_all(operations, Batch::ChannelsFirst(leaf.clone()));
    let logits = logits.flatten();
    let found = values(logits.clone().inner());
    let dims = logits.dims();
    let weights = TensorData::new(weights, dims);
    let weights = Tensor::<2>::from_data(weights, &network.device).autodiff();
    let mut all = (logits * weights).sum().backward();
    let gradients = match leaf.grad_remove(&mut all) {
        Some(gradient) => values(gradient),
        None => vec![0.0; input.len()],
    };
    ImageGradients {
        logits: found,
        values: input,
        gradients,
        shape,
    }
}
