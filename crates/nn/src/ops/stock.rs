//! Burn's own operations: for every device that has no kernels of ours, or where a job asks for
//! them.

use super::fused::{FusedConv, FusedDense, FusedNorm, TransposedConv};
use super::interface::{BatchMoments, KernelAndReason, Ops, WeightAndBias};
use crate::batch::Batch;
use burn::tensor::activation::relu;
use burn::tensor::module;
use burn::tensor::ops::{AvgPoolOptions, ConvOptions, MaxPoolOptions};
use burn::tensor::{FloatDType, Tensor};

/// Burn's operations, and why they were chosen.
#[derive(Debug)]
pub(super) struct StockOps {
    reason: &'static str,
    /// Whether products have factors in bfloat16; everything between them is in f32.
    is_bf16: bool,
}

impl StockOps {
    /// The job asks for them.
    pub(super) const REQUESTED: StockOps = StockOps {
        reason: "train.kernels asks for it",
        is_bf16: false,
    };

    /// The same, with products in bfloat16.
    pub(super) const REQUESTED_BF16: StockOps = StockOps {
        is_bf16: true,
        ..StockOps::REQUESTED
    };

    /// The device has its own kernels behind Burn's operations.
    pub(super) const OF_DEVICE: StockOps = StockOps {
        reason: "a device with kernels of its own",
        is_bf16: false,
    };

    /// The same, with products in bfloat16.
    pub(super) const OF_DEVICE_BF16: StockOps = StockOps {
        is_bf16: true,
        ..StockOps::OF_DEVICE
    };

    /// A factor of a product, in the precision that it is computed in.
    fn factor<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        match self.is_bf16 {
            true => x.cast(FloatDType::BF16),
            false => x,
        }
    }

    /// The parameters of a layer, as factors of its products.
    fn factors(&self, layer: WeightAndBias) -> WeightAndBias {
        WeightAndBias {
            weight: self.factor(layer.weight),
            bias: layer.bias.map(|bias| self.factor(bias)),
        }
    }

    /// A product in f32.
    fn product<const D: usize>(&self, y: Tensor<D>) -> Tensor<D> {
        match self.is_bf16 {
            true => y.cast(FloatDType::F32),
            false => y,
        }
    }
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
        let x = self.factor(batch.channels_first());
        let y = self.product(self::conv(x, self.factors(layer), conv));
        Batch::ChannelsFirst(rectified_and_pooled(y, conv))
    }

    fn transposed(&self, batch: Batch, layer: WeightAndBias, conv: &TransposedConv) -> Batch {
        let x = self.factor(batch.channels_first());
        let y = transposed(x, self.factors(layer), conv);
        Batch::ChannelsFirst(self.product(y))
    }

    fn dense(&self, x: Tensor<2>, layer: WeightAndBias, dense: FusedDense) -> Tensor<2> {
        let features = x.dims()[1];
        let weight = self.factor(layer.weight.reshape([dense.units, features]));
        let mut y = self.product(self.factor(x).matmul(weight.transpose()));
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
    module::conv2d(x, weight, layer.bias, options)
}

fn rectified_and_pooled(mut y: Tensor<4>, conv: &FusedConv) -> Tensor<4> {
    if conv.relu {
        y = relu(y);
    }
    if conv.pool {
        y = module::max_pool2d(y, MaxPoolOptions::new([2, 2]).with_stride([2, 2]));
    }
    y
}

/// As [`Ops::transposed`].
pub(super) fn transposed(
    x: Tensor<4>,
    layer: WeightAndBias,
    transposed: &TransposedConv,
) -> Tensor<4> {
    let conv = &transposed.conv;
    let filters = conv.channels / conv.groups;
    let [rows, columns] = conv.kernel;
    let weight = layer.weight.reshape([conv.filters, filters, rows, columns]);
    let y = module::conv_transpose2d(x, weight, layer.bias, transposed.options.clone());
    let [n, c, h, w] = y.dims();
    let [rows, columns] = transposed.surplus;
    if [rows, columns] == [0, 0] {
        return y;
    }
    y.slice([0..n, 0..c, 0..h - rows, 0..w - columns])
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
