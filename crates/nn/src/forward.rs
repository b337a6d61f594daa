//! What a network computes: logits, and gradients of a loss.

use crate::batch::Batch;
use crate::host::values;
use crate::images::Images;
use crate::loss::{Targets, loss};
use crate::network::{Derivatives, Gradients, Named, Network};
use crate::operation::Operation;
use crate::ops::ops_for;
use crate::pass::{Pass, TrainingPass};
use crate::scalar::Scalar;
use burn::tensor::{Tensor, TensorData};

/// Logits `[batch, classes]` that the device may still be computing.
#[derive(Clone, Debug)]
pub struct Logits(Tensor<2>);

impl Logits {
    /// The values of each batch, row-major, in one transfer.
    pub fn read(batches: Vec<Logits>) -> Vec<Vec<f32>> {
        // The host has nothing to gain from joining them.
        if let [one] = &batches[..] {
            return vec![values(one.0.clone())];
        }
        let counts: Vec<usize> = batches
            .iter()
            .map(|logits| logits.0.shape().num_elements())
            .collect();
        if batches.is_empty() {
            return vec![];
        }
        let all = batches.into_iter().map(|logits| logits.0).collect();
        let mut all = values(Tensor::cat(all, 0)).into_iter();
        counts
            .into_iter()
            .map(|count| all.by_ref().take(count).collect())
            .collect()
    }
}

impl Network {
    /// Logits `[batch, classes]`, row-major, of `images` `[batch, channels, height, width]` by the
    /// trained network: with running statistics and without dropout.
    pub fn classify(&self, images: Vec<f32>, shape: [usize; 4]) -> Vec<f32> {
        self.logits_of(&self.operations, self.batch(images, shape))
    }

    /// As [`Network::classify`]; the logits are still on the device.
    pub fn logits(&self, images: Images) -> Logits {
        Logits(Pass::evaluation(self).run(&self.operations, images.0))
    }

    /// Logits of a batch by the last operations of the trained network.
    pub(crate) fn logits_of(&self, operations: &[Operation], batch: Batch) -> Vec<f32> {
        values(Pass::evaluation(self).run(operations, batch))
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
        let targets = Targets::plain(labels, self.classes);
        self.gradients_towards(&targets, images, shape, seed, step)
    }

    /// Loss and gradients of one training step over `images` `[batch, channels, height, width]`
    /// with their `targets`. Dropout is a function of (`seed`, `step`, layer, place in the batch).
    /// The gradient of a frozen parameter is a single 0.
    pub fn gradients_towards(
        &self,
        targets: &Targets,
        images: Vec<f32>,
        shape: [usize; 4],
        seed: u64,
        step: u64,
    ) -> Gradients {
        let images = Images::upload(images, shape, &self.device);
        self.gradients_of_images(targets, images, seed, step)
    }

    /// [`Network::gradients_towards`] for images that the device has already.
    pub fn gradients_of_images(
        &self,
        targets: &Targets,
        images: Images,
        seed: u64,
        step: u64,
    ) -> Gradients {
        self.gradients_of(&self.operations, images.0, targets, [seed, step])
    }

    /// [`Network::gradients_towards`], where the last operations of the network are applied to what
    /// those before them made of the images.
    pub(crate) fn gradients_of(
        &self,
        operations: &[Operation],
        batch: Batch,
        targets: &Targets,
        [seed, step]: [u64; 2],
    ) -> Gradients {
        let by_library = self.gradients_by_library(operations, &batch, targets, [seed, step]);
        if let Some(found) = by_library {
            return found;
        }
        let mut pass = self.training_pass(seed, step);
        let logits = pass.run(operations, batch);
        let loss = loss(targets, logits.clone().inner());
        let mut found = (logits * loss.gradient).sum().backward();
        let mut gradients = Vec::with_capacity(self.parameters.len());
        let frozen = Tensor::zeros([1], &self.device);
        for (i, named) in self.parameters.iter().enumerate() {
            let gradient = pass.parameters[i].grad_remove(&mut found);
            gradients.push(match (gradient, self.frozen[i]) {
                (Some(gradient), _) => gradient,
                (None, true) => frozen.clone(),
                (None, false) => Tensor::zeros([named.count()], &self.device),
            });
        }
        Gradients {
            loss_sum: loss.sum,
            correct: loss.correct,
            gradients,
            statistics: pass.training.map_or_else(Vec::new, |t| t.statistics),
        }
    }

    /// [`Network::gradients_of`] without Burn's own bookkeeping, where the device's library
    /// differentiates the whole network itself.
    fn gradients_by_library(
        &self,
        operations: &[Operation],
        batch: &Batch,
        targets: &Targets,
        [seed, step]: [u64; 2],
    ) -> Option<Gradients> {
        let ops = ops_for(&self.device, self.arithmetic);
        let parameters: Vec<&Tensor<1>> = self.parameters.iter().map(|p| &p.value).collect();
        let recorded = ops.record(&parameters, &self.frozen)?;
        let mut pass = Pass::new(self, recorded.clone(), Some(self.training(seed, step)));
        let logits = pass.run(operations, batch.clone());
        let (mut loss_sum, mut correct) = (Scalar::default(), Scalar::default());
        let mut gradient = |logits: Tensor<2>| {
            let loss = loss(targets, logits);
            (loss_sum, correct) = (loss.sum, loss.correct);
            loss.gradient
        };
        let gradients = ops.differentiate(logits, &mut gradient, &recorded)?;
        Some(Gradients {
            loss_sum,
            correct,
            gradients,
            statistics: pass.training.map_or_else(Vec::new, |t| t.statistics),
        })
    }

    /// Derivatives of the sum over all logits times `weights` `[batch, classes]`, computed as in
    /// training: with respect to each parameter and to the images.
    pub fn derivatives(
        &self,
        images: Vec<f32>,
        shape: [usize; 4],
        weights: Vec<f32>,
        seed: u64,
        step: u64,
    ) -> Derivatives {
        let tracked = |p: &Named| p.value.clone().autodiff().require_grad();
        let parameters = self.parameters.iter().map(tracked).collect();
        let mut pass = Pass::new(self, parameters, Some(self.training(seed, step)));
        let pixels = TensorData::new(images, shape);
        let images = Tensor::<4>::from_data(pixels, &self.device).autodiff();
        let images = images.require_grad();
        let logits = pass.run(&self.operations, Batch::ChannelsFirst(images.clone()));
        let weights = TensorData::new(weights, [shape[0], self.classes]);
        let weights = Tensor::<2>::from_data(weights, &self.device).autodiff();
        let mut found = (logits.clone() * weights).sum().backward();
        let by_images = match images.grad_remove(&mut found) {
            Some(gradient) => values(gradient),
            None => vec![0.0; shape.iter().product()],
        };
        let mut by_parameters = Vec::with_capacity(self.parameters.len());
        for (tensor, named) in pass.parameters.iter().zip(&self.parameters) {
            by_parameters.push(match tensor.grad_remove(&mut found) {
                Some(gradient) => values(gradient),
                None => vec![0.0; named.count()],
            });
        }
        Derivatives {
            logits: values(logits.inner()),
            images: by_images,
            parameters: by_parameters,
        }
    }

    /// A pass in which all parameters but the frozen ones are tracked.
    pub(crate) fn training_pass(&self, seed: u64, step: u64) -> Pass<'_> {
        let mut parameters = Vec::with_capacity(self.parameters.len());
        for (parameter, is_frozen) in self.parameters.iter().zip(&self.frozen) {
            let tensor = parameter.value.clone().autodiff();
            parameters.push(match is_frozen {
                true => tensor,
                false => tensor.require_grad(),
            });
        }
        Pass::new(self, parameters, Some(self.training(seed, step)))
    }

    fn training(&self, seed: u64, step: u64) -> TrainingPass {
        TrainingPass {
            seed,
            step,
            statistics: self.statistics.iter().map(|s| s.value.clone()).collect(),
        }
    }

    pub(crate) fn batch(&self, images: Vec<f32>, shape: [usize; 4]) -> Batch {
        let data = TensorData::new(images, shape);
        Batch::ChannelsFirst(Tensor::from_data(data, &self.device))
    }
}
