//! One operation after the other, on a batch.

use crate::activation::{activate, prelu};
use crate::forward::Pass;
use crate::functions;
use crate::network::Named;
use crate::operation::{Batch, BatchNorm, Operation, Unit};
use crate::ops;
use crate::rng::Stream;
use burn::tensor::module::{batch_norm, batch_norm_train};
use burn::tensor::{Tensor, TensorData};
use convsweep_spec::model::Join;

impl Pass<'_> {
    /// Logits of `images`.
    pub(crate) fn run(&mut self, images: Batch) -> Tensor<2> {
        self.all(&self.network.operations, images).flatten()
    }

    fn all(&mut self, operations: &[Operation], batch: Batch) -> Batch {
        operations.iter().fold(batch, |batch, operation| self.apply(operation, batch))
    }

    fn apply(&mut self, operation: &Operation, batch: Batch) -> Batch {
        let kernels = self.network.kernels;
        match operation {
            Operation::Conv { weight, bias, unit } => {
                let (weight, bias) = (self.leaves[*weight].clone(), bias.map(|b| self.leaves[b].clone()));
                Batch::Image(ops::conv(batch.image(), weight, bias, unit, kernels))
            }
            Operation::Transposed { weight, bias, options, extra } => {
                let (weight, bias) = (self.leaf::<4>(*weight), bias.map(|b| self.leaf(b)));
                Batch::Image(functions::transposed(batch.image(), weight, bias, options, *extra))
            }
            Operation::LocallyConnected { weight, bias, windows } => {
                let (weight, bias) = (self.leaf::<3>(*weight), bias.map(|b| self.leaf::<3>(b)));
                Batch::Image(functions::locally_connected(batch.image(), weight, bias, windows))
            }
            Operation::Dense { weight, bias, unit } => {
                let (weight, bias) = (self.leaves[*weight].clone(), bias.map(|b| self.leaves[b].clone()));
                Batch::Flat(ops::dense(batch.flatten(), weight, bias, *unit, kernels))
            }
            Operation::BatchNorm(norm) => self.batch_norm(batch, norm),
            Operation::GroupNorm { scale, shift, groups, epsilon } => {
                let (scale, shift) = (self.leaf(*scale), self.leaf(*shift));
                group_norm(batch, scale, shift, *groups, *epsilon)
            }
            Operation::Activation(function) => batch.map(|x| activate(x, *function), |x| activate(x, *function)),
            Operation::Prelu(slopes) => {
                let slopes = self.leaf::<1>(*slopes);
                let count = slopes.dims()[0];
                let wide = slopes.clone();
                batch.map(|x| prelu(x, wide.reshape([1, count, 1, 1])), |x| prelu(x, slopes.reshape([1, count])))
            }
            Operation::Dropout { name, rate, unit } => self.dropout(batch, name, *rate, *unit),
            Operation::Flatten => Batch::Flat(batch.flatten()),
            Operation::MaxPool(options) => Batch::Image(functions::max_pool(batch.image(), options)),
            Operation::AveragePool(options) => Batch::Image(functions::average_pool(batch.image(), options)),
            Operation::GlobalAverage => Batch::Flat(functions::global_average(batch.image())),
            Operation::GlobalMax => Batch::Flat(functions::global_max(batch.image())),
            Operation::AdaptiveAverage(size) => Batch::Image(functions::adaptive_average(batch.image(), *size)),
            Operation::AdaptiveMax(size) => Batch::Image(functions::adaptive_max(batch.image(), *size)),
            Operation::Upsample { factor, method } => {
                Batch::Image(functions::upsample(batch.image(), *factor, *method))
            }
            Operation::Pad { pixels, fill } => Batch::Image(functions::pad(batch.image(), *pixels, *fill)),
            Operation::PadShortcut { stride, channels } => {
                Batch::Image(functions::pad_shortcut(batch.image(), *stride, *channels))
            }
            Operation::Gate(operations) => {
                let gate = self.all(operations, batch.clone()).flatten();
                let [n, c] = gate.dims();
                Batch::Image(batch.image() * gate.reshape([n, c, 1, 1]))
            }
            Operation::Branches { branches, join } => {
                let ends: Vec<_> = branches.iter().map(|b| self.all(b, batch.clone())).collect();
                joined(ends, *join)
            }
        }
    }

    /// A parameter in its shape.
    fn leaf<const D: usize>(&self, place: usize) -> Tensor<D> {
        self.leaves[place].clone().reshape(shape::<D>(&self.network.parameters[place]))
    }

    /// Batch normalisation (Ioffe and Szegedy 2015): by the batch's mean and biased variance while training, which also moves the
    /// running mean and (unbiased) variance; by the running ones in evaluation.
    fn batch_norm(&mut self, batch: Batch, norm: &BatchNorm) -> Batch {
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

    /// Zeroes units by chance while training; unit `i` of the batch, in row-major order, by number `i` of the layer's stream.
    fn dropout(&self, batch: Batch, name: &str, rate: f64, unit: Unit) -> Batch {
        let Some(training) = &self.training else { return batch };
        if rate == 0.0 {
            return batch;
        }
        let mut dims = batch.dims();
        let kept_together = match unit {
            Unit::Number => dims.len(),
            Unit::Plane => 2,
            Unit::Image => 1,
        };
        dims[kept_together..].fill(1);
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

/// Group normalisation (Wu and He 2018); `None` for a group for each channel.
fn group_norm(batch: Batch, scale: Tensor<1>, shift: Tensor<1>, groups: Option<usize>, epsilon: f64) -> Batch {
    let dims = batch.dims();
    let channels = dims[1];
    let rows = dims[0] * groups.unwrap_or(channels);
    let columns = dims.iter().product::<usize>() / rows.max(1);
    let normal = match batch {
        Batch::Image(x) => functions::standardize(x.reshape([rows, columns]), epsilon),
        Batch::Flat(x) => functions::standardize(x.reshape([rows, columns]), epsilon),
    };
    match dims[..] {
        [n, c, h, w] => {
            let [scale, shift] = [scale, shift].map(|p| p.reshape([1, c, 1, 1]));
            Batch::Image(normal.reshape([n, c, h, w]) * scale + shift)
        }
        _ => {
            let [scale, shift] = [scale, shift].map(|p| p.reshape([1, channels]));
            Batch::Flat(normal.reshape([dims[0], channels]) * scale + shift)
        }
    }
}

/// The ends of branches, one behind the other or summed.
fn joined(ends: Vec<Batch>, join: Join) -> Batch {
    if ends.iter().all(|end| matches!(end, Batch::Image(_))) {
        return Batch::Image(join_tensors(ends.into_iter().map(Batch::image).collect(), join));
    }
    Batch::Flat(join_tensors(ends.into_iter().map(Batch::flatten).collect(), join))
}

fn join_tensors<const D: usize>(mut ends: Vec<Tensor<D>>, join: Join) -> Tensor<D> {
    if join == Join::Concat {
        return Tensor::cat(ends, 1);
    }
    let first = ends.remove(0);
    ends.into_iter().fold(first, |sum, end| sum + end)
}

fn shape<const D: usize>(named: &Named) -> [usize; D] {
    let mut dims = [1; D];
    dims.copy_from_slice(&named.shape);
    dims
}
