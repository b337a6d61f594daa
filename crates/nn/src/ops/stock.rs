//! Burn's own operations: for every device that has no kernels of ours, or where a job asks for
//! them.

use super::fused::{FusedConv, FusedDense, FusedNorm, TransposedConv};
use super::interface::{BatchMoments, KernelAndReason, Ops, WeightAndBias};
use crate::batch::Batch;
use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use burn::tensor::module;
use burn::tensor::ops::{AvgPoolOptions, ConvOptions, MaxPoolOptions};

/// Burn's operations, and why they were chosen.
#[derive(Debug)]
pub(super) struct StockOps {
    reason: &'static str,
}

impl StockOps {
    /// The job asks for them.
    pub(super) const REQUESTED: StockOps = StockOps {
        reason: "train.kernels asks for it",
    };

    /// The device has its own kernels behind Burn's operations.
    pub(super) const OF_DEVICE: StockOps = StockOps {
        reason: "a device with kernels of its own",
    };
}

impl Ops for StockOps {
    fn kernel(&self, _own: KernelAndReason) -> KernelAndReason {
        ("stock", self.reason)
    }

    fn conv_kernel(&self, _conv: &FusedConv) -> KernelAndReason {
        ("stock", self.reason)
    }

    /// Products of matrices may be summed up in an order that depends on their size.
    fn keep_images_apart(&self) -> bool {
        false
    }

    fn fuses_norm_and_sum(&self) -> bool {
        false
    }

    fn conv(&self, batch: Batch, layer: WeightAndBias, conv: &FusedConv) -> Batch {
        Batch::ChannelsFirst(self::conv(batch.channels_first(), layer, conv))
    }

    fn transposed(&self, batch: Batch, layer: WeightAndBias, conv: &TransposedConv) -> Batch {
        transposed(batch, layer, conv)
    }

    fn dense(&self, x: Tensor<2>, layer: WeightAndBias, dense: FusedDense) -> Tensor<2> {
        let features = x.dims()[1];
        let weight = layer.weight.reshape([dense.units, features]);
        let mut y = x.matmul(weight.transpose());
        if let Some(bias) = layer.bias {
            y = y + bias.unsqueeze();
        }
        if dense.relu { relu(y) } else { y }
    }

    fn batch_norm_train(
        &self,
        batch: Batch,
        summand: Option<Batch>,
        parameters: [Tensor<1>; 2],
        norm: FusedNorm,
    ) -> (Batch, BatchMoments) {
        match batch {
            Batch::Flat(x) => {
                let summand = summand.map(Batch::flatten);
                let (y, moments) = normalize_by_batch(x, summand, parameters, norm);
                (Batch::Flat(y), moments)
            }
            image => {
                let (x, summand) = (image.channels_first(), summand.map(Batch::channels_first));
                let (y, moments) = normalize_by_batch(x, summand, parameters, norm);
                (Batch::ChannelsFirst(y), moments)
            }
        }
    }

    fn batch_norm(
        &self,
        batch: Batch,
        summand: Option<Batch>,
        parameters: [Tensor<1>; 4],
        norm: FusedNorm,
    ) -> Batch {
        batch_norm(batch, summand, parameters, norm)
    }

    fn max_pool(&self, batch: Batch, options: &MaxPoolOptions<2>) -> Batch {
        max_pool(batch, options)
    }

    fn average_pool(&self, batch: Batch, options: &AvgPoolOptions<2>) -> Batch {
        average_pool(batch, options)
    }

    fn global_average(&self, batch: Batch) -> Tensor<2> {
        let x = batch.channels_first();
        let [n, c, h, w] = x.dims();
        x.reshape([n, c, h * w]).mean_dim(2).reshape([n, c])
    }
}

fn conv(x: Tensor<4>, layer: WeightAndBias, conv: &FusedConv) -> Tensor<4> {
    let channels = x.dims()[1] / conv.groups;
    let [rows, columns] = conv.kernel;
    let weight = layer
        .weight
        .reshape([conv.filters, channels, rows, columns]);
    let options = ConvOptions {
        stride: conv.stride,
        padding: conv.padding,
        dilation: conv.dilation,
        groups: conv.groups,
    };
    let mut y = module::conv2d(x, weight, layer.bias, options);
    if conv.relu {
        y = relu(y);
    }
    if conv.pool {
        y = module::max_pool2d(y, MaxPoolOptions::new([2, 2]).with_stride([2, 2]));
    }
    y
}

/// As [`Ops::transposed`].
pub(super) fn transposed(batch: Batch, layer: WeightAndBias, transposed: &TransposedConv) -> Batch {
    let conv = &transposed.conv;
    let filters = conv.channels / conv.groups;
    let [rows, columns] = conv.kernel;
    let weight = layer.weight.reshape([conv.filters, filters, rows, columns]);
    let x = batch.channels_first();
    let y = module::conv_transpose2d(x, weight, layer.bias, transposed.options.clone());
    let [n, c, h, w] = y.dims();
    let [rows, columns] = transposed.surplus;
    if [rows, columns] == [0, 0] {
        return Batch::ChannelsFirst(y);
    }
    Batch::ChannelsFirst(y.slice([0..n, 0..c, 0..h - rows, 0..w - columns]))
}

/// As [`Ops::batch_norm`], but with gradients.
pub(super) fn batch_norm(
    batch: Batch,
    summand: Option<Batch>,
    parameters: [Tensor<1>; 4],
    norm: FusedNorm,
) -> Batch {
    match batch {
        Batch::Flat(x) => {
            let summand = summand.map(Batch::flatten);
            Batch::Flat(normalize_by_moments(x, summand, parameters, norm))
        }
        image => {
            let (x, summand) = (image.channels_first(), summand.map(Batch::channels_first));
            Batch::ChannelsFirst(normalize_by_moments(x, summand, parameters, norm))
        }
    }
}

/// As [`Ops::max_pool`].
pub(super) fn max_pool(batch: Batch, options: &MaxPoolOptions<2>) -> Batch {
    let y = module::max_pool2d(batch.channels_first(), options.clone());
    Batch::ChannelsFirst(y)
}

/// As [`Ops::average_pool`].
pub(super) fn average_pool(batch: Batch, options: &AvgPoolOptions<2>) -> Batch {
    let y = module::avg_pool2d(batch.channels_first(), options.clone());
    Batch::ChannelsFirst(y)
}

fn normalize_by_batch<const D: usize>(
    x: Tensor<D>,
    summand: Option<Tensor<D>>,
    [scale, shift]: [Tensor<1>; 2],
    norm: FusedNorm,
) -> (Tensor<D>, BatchMoments) {
    let found = module::batch_norm_train(x, scale, shift, norm.epsilon);
    let y = add_and_rectify(found.output, summand, norm.relu);
    (y, [found.mean, found.variance].map(Tensor::inner))
}

fn normalize_by_moments<const D: usize>(
    x: Tensor<D>,
    summand: Option<Tensor<D>>,
    [scale, shift, mean, variance]: [Tensor<1>; 4],
    norm: FusedNorm,
) -> Tensor<D> {
    let y = module::batch_norm(x, scale, shift, mean, variance, norm.epsilon);
    add_and_rectify(y, summand, norm.relu)
}

fn add_and_rectify<const D: usize>(
    mut y: Tensor<D>,
    summand: Option<Tensor<D>>,
    rectify: bool,
) -> Tensor<D> {
    if let Some(summand) = summand {
        y = y + summand;
    }
    if rectify { relu(y) } else { y }
}
