//! One operation after the other, on a batch.

use crate::activation::{activate, prelu};
use crate::forward::Pass;
use crate::functions;
use crate::network::Named;
use crate::operation::{Batch, BatchNorm, Operation, Pooling, Unit, norm_then_sum};
use crate::ops::{self, ConvUnit, NormUnit};
use burn::tensor::{Tensor, TensorData};
use convsweep_spec::model::Join;
use convsweep_spec::random::IndexedDraws;

impl Pass<'_> {
    /// Logits of `images`.
    pub(crate) fn run(&mut self, images: Batch) -> Tensor<2> {
        self.all(&self.network.operations, images).flatten()
    }

    fn all(&mut self, operations: &[Operation], batch: Batch) -> Batch {
        let (mut rest, mut batch) = (operations, batch);
        while let Some((operation, behind)) = rest.split_first() {
            (batch, rest) = match (operation.bare_conv(), behind.split_first()) {
                (conv @ Some(_), Some((Operation::BatchNorm { norm, .. }, behind))) => {
                    (self.batch_norm(batch, conv, None, norm, norm.relu), behind)
                }
                _ => (self.apply(operation, batch), behind),
            };
        }
        batch
    }

    fn apply(&mut self, operation: &Operation, batch: Batch) -> Batch {
        let kernels = self.network.kernels;
        match operation {
            Operation::Conv {
                weight, bias, unit, ..
            } => {
                let (weight, bias) = self.weights(*weight, *bias);
                ops::conv(batch, weight, bias, unit, kernels)
            }
            Operation::Transposed { weight, bias, unit } => {
                let (weight, bias) = self.weights(*weight, *bias);
                ops::transposed(batch, weight, bias, unit, kernels)
            }
            Operation::LocallyConnected {
                weight,
                bias,
                windows,
            } => {
                let (weight, bias) = (self.leaf::<3>(*weight), bias.map(|b| self.leaf::<3>(b)));
                Batch::Image(functions::locally_connected(
                    batch.image(),
                    weight,
                    bias,
                    windows,
                ))
            }
            Operation::Dense {
                weight, bias, unit, ..
            } => {
                let (weight, bias) = self.weights(*weight, *bias);
                Batch::Flat(ops::dense(batch.flatten(), weight, bias, *unit, kernels))
            }
            Operation::BatchNorm { norm, .. } => {
                self.batch_norm(batch, None, None, norm, norm.relu)
            }
            Operation::GroupNorm {
                scale,
                shift,
                groups,
                epsilon,
            } => {
                let (scale, shift) = (self.leaf(*scale), self.leaf(*shift));
                group_norm(batch, scale, shift, *groups, *epsilon)
            }
            Operation::Activation { function, .. } => {
                batch.map(|x| activate(x, *function), |x| activate(x, *function))
            }
            Operation::Prelu(slopes) => {
                let slopes = batch.by_channel(self.leaf::<1>(*slopes));
                batch.zip(slopes, prelu, prelu)
            }
            Operation::Dropout { name, rate, unit } => self.dropout(batch, name, *rate, *unit),
            Operation::Flatten => Batch::Flat(batch.flatten()),
            Operation::Pool { pooling, .. } => match pooling {
                Pooling::Max(options) => ops::max_pool(batch, options, kernels),
                Pooling::Average(options) => ops::average_pool(batch, options, kernels),
                Pooling::GlobalAverage => Batch::Flat(ops::global_average(batch, kernels)),
                Pooling::GlobalMax => Batch::Flat(functions::global_max(batch.image())),
                Pooling::AdaptiveAverage(size) => {
                    Batch::Image(functions::adaptive_average(batch.image(), *size))
                }
                Pooling::AdaptiveMax(size) => {
                    Batch::Image(functions::adaptive_max(batch.image(), *size))
                }
            },
            Operation::Upsample { factor, method } => {
                Batch::Image(functions::upsample(batch.image(), *factor, *method))
            }
            Operation::Pad { pixels, fill } => {
                Batch::Image(functions::pad(batch.image(), *pixels, *fill))
            }
            Operation::PadShortcut { stride, channels } => {
                functions::pad_shortcut(batch, *stride, *channels)
            }
            Operation::Gate(operations) => {
                let gate = self.all(operations, batch.clone()).flatten();
                let [n, c] = gate.dims();
                match batch {
                    Batch::Last(x) => Batch::Last(x * gate.reshape([n, 1, 1, c])),
                    other => Batch::Image(other.image() * gate.reshape([n, c, 1, 1])),
                }
            }
            Operation::Branches {
                branches,
                join,
                relu,
                ..
            } => {
                if let Some((norm, before, shortcut)) = norm_then_sum(operation) {
                    let summand = self.all(shortcut, batch.clone());
                    let conv = before.last().and_then(Operation::bare_conv);
                    let before = &before[..before.len() - usize::from(conv.is_some())];
                    let x = self.all(before, batch);
                    return self.batch_norm(x, conv, Some(summand), norm, *relu);
                }
                let ends = branches
                    .iter()
                    .map(|b| self.all(b, batch.clone()))
                    .collect();
                let sum = joined(ends, *join);
                if *relu {
                    sum.map(
                        burn::tensor::activation::relu,
                        burn::tensor::activation::relu,
                    )
                } else {
                    sum
                }
            }
        }
    }

    /// Weights and bias of a layer, flat.
    fn weights(&self, weight: usize, bias: Option<usize>) -> (Tensor<1>, Option<Tensor<1>>) {
        (
            self.leaves[weight].clone(),
            bias.map(|b| self.leaves[b].clone()),
        )
    }

    /// A parameter in its shape.
    fn leaf<const D: usize>(&self, place: usize) -> Tensor<D> {
        self.leaves[place]
            .clone()
            .reshape(shape::<D>(&self.network.parameters[place]))
    }

    /// Batch normalisation (Ioffe and Szegedy 2015) of `batch`, or of what `conv` makes of it: by
    /// the batch's mean and biased variance while training, which also moves the running mean and
    /// (unbiased) variance; by the running ones in evaluation, and where it is frozen. Then
    /// `summand` is added, then comes ReLU.
    fn batch_norm(
        &mut self,
        batch: Batch,
        conv: Option<(usize, Option<usize>, &ConvUnit)>,
        summand: Option<Batch>,
        norm: &BatchNorm,
        relu: bool,
    ) -> Batch {
        let kernels = self.network.kernels;
        let unit = NormUnit {
            epsilon: norm.epsilon,
            relu,
        };
        let [scale, shift] = [norm.scale, norm.shift].map(|i| self.leaves[i].clone());
        let conv = conv.map(|(weight, bias, unit)| {
            let (weight, bias) = self.weights(weight, bias);
            (weight, bias, unit)
        });
        let running =
            || [norm.mean, norm.variance].map(|i| self.network.statistics[i].value.clone());
        let Some(training) = &mut self.training else {
            let [mean, variance] = running();
            let numbers = [scale, shift, mean, variance];
            return match conv {
                Some(conv) => ops::conv_norm(batch, summand, conv, (numbers, unit), kernels),
                None => ops::batch_norm(batch, summand, numbers, unit, kernels),
            };
        };
        if self.network.frozen[norm.scale] {
            let [mean, variance] = running().map(Tensor::autodiff);
            let batch = match conv {
                Some((weight, bias, conv)) => ops::conv(batch, weight, bias, conv, kernels),
                None => batch,
            };
            return ops::batch_norm_fixed(batch, summand, [scale, shift, mean, variance], unit);
        }
        let (output, [mean, variance]) = match conv {
            Some(conv) => {
                ops::conv_norm_train(batch, summand, conv, ([scale, shift], unit), kernels)
            }
            None => ops::batch_norm_train(batch, summand, [scale, shift], unit, kernels),
        };
        let dims = output.dims();
        let count = (dims.iter().product::<usize>() / dims[1]) as f64;
        let unbiased = variance.mul_scalar(count / (count - 1.0).max(1.0));
        for (place, newest) in [(norm.mean, mean), (norm.variance, unbiased)] {
            let running = &mut training.statistics[place];
            *running =
                running.clone().mul_scalar(1.0 - norm.momentum) + newest.mul_scalar(norm.momentum);
        }
        output
    }

    /// Zeroes units by chance while training; unit `i` of the batch, in row-major order, by number
    /// `i` of the layer's stream.
    fn dropout(&self, batch: Batch, name: &str, rate: f64, unit: Unit) -> Batch {
        let Some(training) = &self.training else {
            return batch;
        };
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
        let draws = IndexedDraws::new("dropout", training.seed, name, training.step);
        let kept = (1.0 / (1.0 - rate)) as f32;
        let draw = |i: usize| {
            if draws.uniform(i as u64) < rate {
                0.0
            } else {
                kept
            }
        };
        let count = dims.iter().product::<usize>();
        let device = &self.network.device;
        match batch {
            Batch::Image(x) => {
                let mask: Vec<f32> = (0..count).map(draw).collect();
                Batch::Image(x * Tensor::from_data(TensorData::new(mask, dims), device))
            }
            Batch::Last(x) => {
                let [c, h, w] = [dims[1], dims[2], dims[3]];
                let place = |i: usize| {
                    ((i / (h * w * c) * c + i % c) * h + i / (w * c) % h) * w + i / c % w
                };
                let mask: Vec<f32> = (0..count).map(|i| draw(place(i))).collect();
                Batch::Last(
                    x * Tensor::from_data(TensorData::new(mask, [dims[0], h, w, c]), device),
                )
            }
            Batch::Flat(x) => {
                let mask: Vec<f32> = (0..count).map(draw).collect();
                Batch::Flat(x * Tensor::from_data(TensorData::new(mask, dims), device))
            }
        }
    }
}

/// Group normalisation (Wu and He 2018); `None` for a group for each channel.
fn group_norm(
    batch: Batch,
    scale: Tensor<1>,
    shift: Tensor<1>,
    groups: Option<usize>,
    epsilon: f64,
) -> Batch {
    let dims = batch.dims();
    let channels = dims[1];
    let rows = dims[0] * groups.unwrap_or(channels);
    let columns = dims.iter().product::<usize>() / rows.max(1);
    let normal = match batch {
        Batch::Flat(x) => functions::standardize(x.reshape([rows, columns]), epsilon),
        image => functions::standardize(image.image().reshape([rows, columns]), epsilon),
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
fn joined(mut ends: Vec<Batch>, join: Join) -> Batch {
    if join == Join::Add {
        let first = ends.remove(0);
        return ends
            .into_iter()
            .fold(first, |sum, end| sum.zip(end, |a, b| a + b, |a, b| a + b));
    }
    if ends.iter().any(|end| matches!(end, Batch::Flat(_))) {
        return Batch::Flat(Tensor::cat(
            ends.into_iter().map(Batch::flatten).collect(),
            1,
        ));
    }
    if ends.iter().any(|end| matches!(end, Batch::Last(_))) {
        return Batch::Last(Tensor::cat(ends.into_iter().map(Batch::last).collect(), 3));
    }
    Batch::Image(Tensor::cat(ends.into_iter().map(Batch::image).collect(), 1))
}

fn shape<const D: usize>(named: &Named) -> [usize; D] {
    let mut dims = [1; D];
    dims.copy_from_slice(&named.shape);
    dims
}
