//! From the resolved architecture to operations and parameters.

use crate::fuse::fuse;
use crate::init::{self, Fan};
use crate::layer::{BatchNorm, Operation};
use crate::network::{Named, Network};
use crate::ops::{ConvUnit, DenseUnit};
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor, TensorData};
use convsweep_spec::model::{Conv, Dense, Layer, ModelSpec, Norm, Padding, Pool, PoolKind};
use convsweep_spec::shape::{Shape, ShapeError, padding_pixels, summarize};
use convsweep_spec::train::Kernels;

/// Builds `model` for images of shape `input`, with its starting weights for `seed`, on `device`.
///
/// # Errors
/// If the layers do not fit the input or do not end in `classes` logits.
pub fn build(model: &ModelSpec, input: Shape, classes: u32, seed: u64, device: &Device) -> Result<Network, ShapeError> {
    let summary = summarize(model, input, classes)?;
    let mut builder = Builder { seed, device, operations: vec![], parameters: vec![], statistics: vec![] };
    let mut shape = input;
    for (layer, found) in model.layers.iter().zip(&summary.layers) {
        builder.layer(layer, &found.name, shape, found.output);
        shape = found.output;
    }
    let Builder { operations, parameters, statistics, .. } = builder;
    Ok(Network {
        operations: fuse(operations),
        parameters,
        statistics,
        classes: classes as usize,
        device: device.clone(),
        kernels: Kernels::Auto,
    })
}

struct Builder<'a> {
    seed: u64,
    device: &'a Device,
    operations: Vec<Operation>,
    parameters: Vec<Named>,
    statistics: Vec<Named>,
}

impl Builder<'_> {
    fn layer(&mut self, layer: &Layer, name: &str, input: Shape, output: Shape) {
        match layer {
            Layer::Conv(conv) => self.conv(conv, name, input, output),
            Layer::Pool(pool) => self.operations.push(pooling(pool, input)),
            Layer::Norm { norm } => self.norm(norm, name, output),
            Layer::Activation { activation } => self.operations.push(Operation::Activation(*activation)),
            Layer::Dropout { rate } => self.operations.push(Operation::Dropout { name: name.into(), rate: *rate }),
            Layer::Flatten => self.operations.push(Operation::Flatten),
            Layer::Dense(dense) => self.dense(dense, name, input),
        }
    }

    fn conv(&mut self, conv: &Conv, name: &str, input: Shape, output: Shape) {
        let (channels, size) = image(input);
        let groups = conv.groups as usize;
        let (filters, kernel) = (conv.filters as usize, conv.kernel.map(|k| k as usize));
        let shape = [filters, channels / groups, kernel[0], kernel[1]];
        let taps = (kernel[0] * kernel[1]) as f64;
        let fan = Fan { input: taps * shape[1] as f64, output: taps * filters as f64 };
        let weight = self.parameter(&format!("{name}.weight"), &shape, |seed, name, count| {
            init::weights(conv.init, seed, name, count, fan)
        });
        let bias = conv.bias.then(|| {
            let draw = |seed: u64, name: &str, count| init::biases(conv.init, seed, name, count, fan);
            self.parameter(&format!("{name}.bias"), &[filters], draw)
        });
        let unit = ConvUnit {
            channels,
            input: size.map(|n| n as usize),
            filters,
            kernel,
            stride: conv.stride.map(|s| s as usize),
            dilation: conv.dilation.map(|d| d as usize),
            padding: padding(conv.padding, size, conv.kernel, conv.stride, conv.dilation),
            groups,
            relu: false,
            pool: false,
        };
        self.operations.push(Operation::Conv { weight, bias, unit });
        if let Some(norm) = &conv.norm {
            self.norm(norm, &format!("{name}.norm"), output);
        }
        self.operations.extend(conv.activation.map(Operation::Activation));
    }

    fn dense(&mut self, dense: &Dense, name: &str, input: Shape) {
        let (units, features) = (dense.units as usize, input.elements() as usize);
        let fan = Fan { input: features as f64, output: units as f64 };
        let weight = self.parameter(&format!("{name}.weight"), &[units, features], |seed, name, count| {
            init::weights(dense.init, seed, name, count, fan)
        });
        let bias = dense.bias.then(|| {
            let draw = |seed: u64, name: &str, count| init::biases(dense.init, seed, name, count, fan);
            self.parameter(&format!("{name}.bias"), &[units], draw)
        });
        self.operations.push(Operation::Dense { weight, bias, unit: DenseUnit { units, relu: false } });
        self.operations.extend(dense.activation.map(Operation::Activation));
    }

    fn norm(&mut self, norm: &Norm, name: &str, shape: Shape) {
        let Norm::Batch { momentum, epsilon } = *norm;
        let channels = match shape {
            Shape::Image { channels, .. } => channels as usize,
            Shape::Flat(features) => features as usize,
        };
        let scale = self.parameter(&format!("{name}.weight"), &[channels], |_, _, count| vec![1.0; count]);
        let shift = self.parameter(&format!("{name}.bias"), &[channels], |_, _, count| vec![0.0; count]);
        let mean = self.statistic(&format!("{name}.running_mean"), vec![0.0; channels]);
        let variance = self.statistic(&format!("{name}.running_var"), vec![1.0; channels]);
        self.operations.push(Operation::Norm(BatchNorm { scale, shift, mean, variance, momentum, epsilon }));
    }

    fn parameter(&mut self, name: &str, shape: &[usize], draw: impl Fn(u64, &str, usize) -> Vec<f32>) -> usize {
        let values = draw(self.seed, name, shape.iter().product());
        self.parameters.push(self.named(name, shape, values));
        self.parameters.len() - 1
    }

    fn statistic(&mut self, name: &str, values: Vec<f32>) -> usize {
        self.statistics.push(self.named(name, &[values.len()], values));
        self.statistics.len() - 1
    }

    fn named(&self, name: &str, shape: &[usize], values: Vec<f32>) -> Named {
        let count = values.len();
        let value = Tensor::from_data(TensorData::new(values, [count]), self.device);
        Named { name: name.into(), shape: shape.to_vec(), value }
    }
}

/// Channels and `[height, width]`.
///
/// Panics on flat features: `spec::shape` has refused such a model before.
fn image(shape: Shape) -> (usize, [u32; 2]) {
    match shape {
        Shape::Image { channels, height, width } => (channels as usize, [height, width]),
        Shape::Flat(_) => panic!("a layer for images got flat features"),
    }
}

/// `(before, after)` pixels for each dimension.
fn padding(
    padding: Padding,
    size: [u32; 2],
    kernel: [u32; 2],
    stride: [u32; 2],
    dilation: [u32; 2],
) -> [(usize, usize); 2] {
    padding_pixels(padding, size, kernel, stride, dilation).map(|[before, after]| (before as usize, after as usize))
}

fn pooling(pool: &Pool, input: Shape) -> Operation {
    let (_, size) = image(input);
    let window = pool.size.map(|s| s as usize);
    let stride = pool.stride.map(|s| s as usize);
    let padding = |pool: &Pool| padding(pool.padding, size, pool.size, pool.stride, [1, 1]);
    match pool.kind {
        PoolKind::Max => {
            let options = MaxPoolOptions::new(window).with_stride(stride);
            Operation::MaxPool(MaxPoolOptions { padding: padding(pool), ..options })
        }
        PoolKind::Average => {
            let options = AvgPoolOptions::new(window).with_stride(stride);
            Operation::AveragePool(AvgPoolOptions { padding: padding(pool), count_include_pad: false, ..options })
        }
        PoolKind::GlobalAverage => Operation::GlobalAverage,
        PoolKind::GlobalMax => Operation::GlobalMax,
    }
}
