//! The forward pass, for training with its gradients and for evaluation.

use crate::layer::{Batch, BatchNorm, Operation};
use crate::loss::Targets;
use crate::network::{Gradients, Named, Network};
use crate::ops;
use crate::rng::Stream;
use burn::tensor::module::{batch_norm, batch_norm_train};
use burn::tensor::{Tensor, TensorData};

/// What a forward pass reads and finds.
struct Pass<'a> {
    network: &'a Network,
    /// The parameters, tracked where gradients are wanted.
    leaves: Vec<Tensor<1>>,
    training: Option<Training>,
}

struct Training {
    seed: u64,
    step: u64,
    statistics: Vec<Tensor<1>>,
}

impl Network {
    /// Logits `[batch, classes]`, row-major, of `images` `[batch, channels, height, width]` as the trained network sees them:
    /// running statistics, no dropout.
    pub fn classify(&self, images: Vec<f32>, shape: [usize; 4]) -> Vec<f32> {
        let leaves = self.parameters.iter().map(|p| p.value.clone()).collect();
        let mut pass = Pass { network: self, leaves, training: None };
        values(pass.run(self.batch(images, shape)))
    }

    /// [`Network::gradients_towards`] for images of one class each under the plain cross-entropy.
    pub fn gradients(&self, images: Vec<f32>, shape: [usize; 4], labels: &[u16], seed: u64, step: u64) -> Gradients {
        self.gradients_towards(&Targets::plain(labels, self.classes), images, shape, seed, step)
    }

    /// Loss and gradients of one training step over `images` `[batch, channels, height, width]` with their `targets`.
    /// Dropout is drawn from (`seed`, `step`, layer, place in the batch).
    pub fn gradients_towards(
        &self,
        targets: &Targets,
        images: Vec<f32>,
        shape: [usize; 4],
        seed: u64,
        step: u64,
    ) -> Gradients {
        let leaves: Vec<_> = self.parameters.iter().map(|p| p.value.clone().autodiff().require_grad()).collect();
        let statistics = self.statistics.iter().map(|s| s.value.clone()).collect();
        let mut pass = Pass { network: self, leaves, training: Some(Training { seed, step, statistics }) };
        let logits = pass.run(self.batch(images, shape));
        let (loss_sum, correct) = targets.tally(logits.clone().inner());
        let loss = targets.loss(logits, &self.device);
        let mut found = loss.backward();
        let gradient = |(leaf, named): (&Tensor<1>, &Named)| {
            leaf.grad_remove(&mut found).unwrap_or_else(|| Tensor::zeros([named.count()], &self.device))
        };
        let gradients = pass.leaves.iter().zip(&self.parameters).map(gradient).collect();
        Gradients { loss_sum, correct, gradients, statistics: pass.training.map_or_else(Vec::new, |t| t.statistics) }
    }

    fn batch(&self, images: Vec<f32>, shape: [usize; 4]) -> Batch {
        Batch::Image(Tensor::from_data(TensorData::new(images, shape), &self.device))
    }
}

/// The values of a tensor, row-major, on the host.
pub(crate) fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("tensors here hold f32")
}

impl Pass<'_> {
    fn run(&mut self, images: Batch) -> Tensor<2> {
        let network = self.network;
        network.operations.iter().fold(images, |batch, operation| self.apply(operation, batch)).flatten()
    }

    fn apply(&mut self, operation: &Operation, batch: Batch) -> Batch {
        let kernels = self.network.kernels;
        match operation {
            Operation::Conv { weight, bias, unit } => {
                let (weight, bias) = self.weights(*weight, *bias);
                batch.image(|x| Batch::Image(ops::conv(x, weight, bias, unit, kernels)))
            }
            Operation::Dense { weight, bias, unit } => {
                let (weight, bias) = self.weights(*weight, *bias);
                Batch::Flat(ops::dense(batch.flatten(), weight, bias, *unit, kernels))
            }
            Operation::Norm(norm) => self.norm(batch, norm),
            Operation::Activation(activation) => batch.activate(*activation),
            Operation::Dropout { name, rate } => self.dropout(batch, name, *rate),
            Operation::Flatten => Batch::Flat(batch.flatten()),
            Operation::MaxPool(options) => batch.max_pool(options),
            Operation::AveragePool(options) => batch.average_pool(options),
            Operation::GlobalAverage => batch.global_average(),
            Operation::GlobalMax => batch.global_max(),
        }
    }

    fn weights(&self, weight: usize, bias: Option<usize>) -> (Tensor<1>, Option<Tensor<1>>) {
        (self.leaves[weight].clone(), bias.map(|b| self.leaves[b].clone()))
    }

    /// Batch normalisation (Ioffe and Szegedy 2015): by the batch's mean and biased variance while training, which also moves the
    /// running mean and (unbiased) variance; by the running ones in evaluation.
    fn norm(&mut self, batch: Batch, norm: &BatchNorm) -> Batch {
        let [scale, shift] = [norm.scale, norm.shift].map(|i| self.leaves[i].clone());
        let Some(training) = &mut self.training else {
            let [mean, variance] = [norm.mean, norm.variance].map(|i| self.network.statistics[i].value.clone());
            let [m, v, g, b] = [mean, variance, scale, shift];
            let (m2, v2, g2, b2) = (m.clone(), v.clone(), g.clone(), b.clone());
            return batch
                .map(|x| batch_norm(x, g, b, m, v, norm.epsilon), |x| batch_norm(x, g2, b2, m2, v2, norm.epsilon));
        };
        let dims = batch.dims();
        let count = (dims.iter().product::<usize>() / dims[1]) as f64;
        let (output, mean, variance) = match batch {
            Batch::Image(x) => {
                let found = batch_norm_train(x, scale, shift, norm.epsilon);
                (Batch::Image(found.output), found.mean, found.variance)
            }
            Batch::Flat(x) => {
                let found = batch_norm_train(x, scale, shift, norm.epsilon);
                (Batch::Flat(found.output), found.mean, found.variance)
            }
        };
        let unbiased = variance.inner().mul_scalar(count / (count - 1.0).max(1.0));
        for (place, newest) in [(norm.mean, mean.inner()), (norm.variance, unbiased)] {
            let running = &mut training.statistics[place];
            *running = running.clone().mul_scalar(1.0 - norm.momentum) + newest.mul_scalar(norm.momentum);
        }
        output
    }

    fn dropout(&self, batch: Batch, name: &str, rate: f64) -> Batch {
        let Some(training) = &self.training else { return batch };
        if rate == 0.0 {
            return batch;
        }
        let dims = batch.dims();
        let stream = Stream::new("dropout", training.seed, name, training.step);
        let kept = (1.0 / (1.0 - rate)) as f32;
        let draw = |i| if stream.uniform(i) < rate { 0.0 } else { kept };
        let mask: Vec<f32> = (0..dims.iter().product::<usize>() as u64).map(draw).collect();
        let data = TensorData::new(mask, dims);
        let device = &self.network.device;
        match batch {
            Batch::Image(x) => Batch::Image(x * Tensor::from_data(data, device)),
            Batch::Flat(x) => Batch::Flat(x * Tensor::from_data(data, device)),
        }
    }
}
