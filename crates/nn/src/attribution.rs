//! How the logits of a trained network depend on an image and on what is between its layers.

use crate::batch::Batch;
use crate::host::values;
use crate::network::Network;
use crate::pass::Pass;
use burn::tensor::{Device, Tensor, TensorData};

/// A trained network and a layer in it that is looked at.
#[derive(Clone, Debug)]
pub struct ObservedNetwork {
    /// Its operations include one that observes the layer's output.
    pub(crate) network: Network,
}

/// The planes of a layer.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerPlanes {
    /// The values, `[images, channels, height, width]`.
    pub values: Vec<f32>,
    /// The shape.
    pub shape: [usize; 4],
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
        let leaf = TensorData::new(images, shape);
        let leaf = Tensor::<4>::from_data(leaf, &self.device).autodiff();
        let leaf = leaf.require_grad();
        let mut pass = Pass::differentiated(self);
        let logits = pass.run(&self.operations, Batch::ChannelsFirst(leaf.clone()));
        gradients((logits, leaf), weights, &self.device)
    }
}

impl ObservedNetwork {
    /// The layer's output for `images` `[images, channels, height, width]`, as the trained network
    /// evaluates them.
    ///
    /// # Panics
    /// If the layer has no planes.
    pub fn planes(&self, images: Vec<f32>, shape: [usize; 4]) -> LayerPlanes {
        let mut pass = Pass::evaluation(&self.network);
        let images = self.network.batch(images, shape);
        pass.run(&self.network.operations, images);
        let planes = pass.observed.expect(NOT_OBSERVED);
        let shape = planes.dims();
        LayerPlanes {
            values: values(planes),
            shape,
        }
    }

    /// The layer's output, and the gradients of the sum of all logits times weights
    /// `[images, classes]` with respect to it.
    ///
    /// # Panics
    /// If the layer has no planes.
    pub fn feature_gradients(
        &self,
        images: Vec<f32>,
        shape: [usize; 4],
        weights: Vec<f32>,
    ) -> ImageGradients {
        let network = &self.network;
        let mut pass = Pass::differentiated(network);
        let images = Tensor::<4>::from_data(TensorData::new(images, shape), &network.device);
        let images = Batch::ChannelsFirst(images.autodiff());
        let logits = pass.run(&network.operations, images);
        let planes = pass.observed.expect(NOT_OBSERVED);
        gradients((logits, planes), weights, &network.device)
    }
}

const NOT_OBSERVED: &str = "the observed layer is one of the network";

/// Gradients of the sum of all logits times weights with respect to `leaf`.
fn gradients(
    (logits, leaf): (Tensor<2>, Tensor<4>),
    weights: Vec<f32>,
    device: &Device,
) -> ImageGradients {
    let found = values(logits.clone().inner());
    let weights = TensorData::new(weights, logits.dims());
    let weights = Tensor::<2>::from_data(weights, device).autodiff();
    let mut all = (logits * weights).sum().backward();
    let shape = leaf.dims();
    let gradients = match leaf.grad_remove(&mut all) {
        Some(gradient) => values(gradient),
        None => vec![0.0; shape.iter().product()],
    };
    ImageGradients {
        logits: found,
        values: values(leaf.inner()),
        gradients,
        shape,
    }
}
