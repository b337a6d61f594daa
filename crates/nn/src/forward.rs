//! The forward pass, for training with its gradients and for evaluation.

use crate::loss::Targets;
use crate::network::{Derivatives, Gradients, Named, Network};
use crate::operation::Batch;
use burn::tensor::{Tensor, TensorData};

/// What a forward pass reads and finds.
pub(crate) struct Pass<'a> {
    pub network: &'a Network,
    /// The parameters, tracked where gradients are wanted.
    pub leaves: Vec<Tensor<1>>,
    pub training: Option<Training>,
}

pub(crate) struct Training {
    pub seed: u64,
    pub step: u64,
    pub statistics: Vec<Tensor<1>>,
}

impl Network {
    /// Logits `[batch, classes]`, row-major, of `images` `[batch, channels, height, width]` as the
    /// trained network sees them: running statistics, no dropout.
    pub fn classify(&self, images: Vec<f32>, shape: [usize; 4]) -> Vec<f32> {
        let leaves = self.parameters.iter().map(|p| p.value.clone()).collect();
        let mut pass = Pass {
            network: self,
            leaves,
            training: None,
        };
        values(pass.run(self.batch(images, shape)))
    }

    /// [`Network::gradients_towards`] for images of one class each under the plain cross-entropy.
    pub fn gradients(
        &self,
        images: Vec<f32>,
        shape: [usize; 4],
        labels: &[u16],
        seed: u64,
        step: u64,
    ) -> Gradients {
        self.gradients_towards(
            &Targets::plain(labels, self.classes),
            images,
            shape,
            seed,
            step,
        )
    }

    /// Loss and gradients of one training step over `images` `[batch, channels, height, width]`
    /// with their `targets`. Dropout is drawn from (`seed`, `step`, layer, place in the batch).
    /// Gradients of frozen parameters are 0.
    pub fn gradients_towards(
        &self,
        targets: &Targets,
        images: Vec<f32>,
        shape: [usize; 4],
        seed: u64,
        step: u64,
    ) -> Gradients {
        let tracked = |(p, frozen): (&Named, &bool)| {
            let leaf = p.value.clone().autodiff();
            if *frozen { leaf } else { leaf.require_grad() }
        };
        let leaves: Vec<_> = self
            .parameters
            .iter()
            .zip(&self.frozen)
            .map(tracked)
            .collect();
        let statistics = self.statistics.iter().map(|s| s.value.clone()).collect();
        let mut pass = Pass {
            network: self,
            leaves,
            training: Some(Training {
                seed,
                step,
                statistics,
            }),
        };
        let logits = pass.run(self.batch(images, shape));
        let dims = logits.dims();
        let (loss_sum, correct, gradient) = targets.charge(&values(logits.clone().inner()));
        let gradient = Tensor::<2>::from_data(TensorData::new(gradient, dims), &self.device);
        let mut found = (logits * gradient).sum().backward();
        let gradient = |(leaf, named): (&Tensor<1>, &Named)| {
            leaf.grad_remove(&mut found)
                .unwrap_or_else(|| Tensor::zeros([named.count()], &self.device))
        };
        let gradients = pass
            .leaves
            .iter()
            .zip(&self.parameters)
            .map(gradient)
            .collect();
        Gradients {
            loss_sum,
            correct,
            gradients,
            statistics: pass.training.map_or_else(Vec::new, |t| t.statistics),
        }
    }

    /// Derivatives of the sum over all logits times `weights` `[batch, classes]`, in training's way
    /// of computing: by each parameter and by the images.
    pub fn derivatives(
        &self,
        images: Vec<f32>,
        shape: [usize; 4],
        weights: Vec<f32>,
        seed: u64,
        step: u64,
    ) -> Derivatives {
        let leaves: Vec<_> = self
            .parameters
            .iter()
            .map(|p| p.value.clone().autodiff().require_grad())
            .collect();
        let statistics = self.statistics.iter().map(|s| s.value.clone()).collect();
        let mut pass = Pass {
            network: self,
            leaves,
            training: Some(Training {
                seed,
                step,
                statistics,
            }),
        };
        let images = Tensor::<4>::from_data(TensorData::new(images, shape), &self.device)
            .autodiff()
            .require_grad();
        let logits = pass.run(Batch::Image(images.clone()));
        let weights = TensorData::new(weights, [shape[0], self.classes]);
        let weights = Tensor::<2>::from_data(weights, &self.device).autodiff();
        let mut found = (logits.clone() * weights).sum().backward();
        let by_images = images
            .grad_remove(&mut found)
            .map_or_else(|| vec![0.0; shape.iter().product()], values);
        let by_parameter = |(leaf, named): (&Tensor<1>, &Named)| {
            leaf.grad_remove(&mut found)
                .map_or_else(|| vec![0.0; named.count()], values)
        };
        let by_parameters = pass
            .leaves
            .iter()
            .zip(&self.parameters)
            .map(by_parameter)
            .collect();
        Derivatives {
            logits: values(logits.inner()),
            images: by_images,
            parameters: by_parameters,
        }
    }

    fn batch(&self, images: Vec<f32>, shape: [usize; 4]) -> Batch {
        Batch::Image(Tensor::from_data(
            TensorData::new(images, shape),
            &self.device,
        ))
    }
}

/// The values of a tensor, row-major, on the host.
pub(crate) fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor
        .into_data()
        .try_into_vec()
        .expect("tensors here hold f32")
}
