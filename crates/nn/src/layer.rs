//! What a layer does to a batch. Parameters are referred to by their place in the network's lists.

use crate::ops::{ConvUnit, DenseUnit};
use burn::tensor::Tensor;
use burn::tensor::activation;
use burn::tensor::module::{avg_pool2d, max_pool2d};
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
use convsweep_spec::model::Activation;

/// A batch between two layers.
#[derive(Clone, Debug)]
pub(crate) enum Batch {
    /// `[batch, channels, height, width]`
    Image(Tensor<4>),
    /// `[batch, features]`
    Flat(Tensor<2>),
}

/// One operation; a convolution of the file with norm and activation is three, before they are joined (`fuse`).
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Conv { weight: usize, bias: Option<usize>, unit: ConvUnit },
    Dense { weight: usize, bias: Option<usize>, unit: DenseUnit },
    Norm(BatchNorm),
    Activation(Activation),
    Dropout { name: String, rate: f64 },
    Flatten,
    MaxPool(MaxPoolOptions<2>),
    AveragePool(AvgPoolOptions<2>),
    GlobalAverage,
    GlobalMax,
}

/// Places of scale and shift (parameters) and of running mean and variance (statistics).
#[derive(Clone, Debug)]
pub(crate) struct BatchNorm {
    pub scale: usize,
    pub shift: usize,
    pub mean: usize,
    pub variance: usize,
    /// Weight of the newest batch in the running statistics.
    pub momentum: f64,
    pub epsilon: f64,
}

impl Batch {
    /// Applies `image` or `flat`, whichever fits, keeping the rank.
    pub(crate) fn map(
        self,
        image: impl FnOnce(Tensor<4>) -> Tensor<4>,
        flat: impl FnOnce(Tensor<2>) -> Tensor<2>,
    ) -> Batch {
        match self {
            Batch::Image(x) => Batch::Image(image(x)),
            Batch::Flat(x) => Batch::Flat(flat(x)),
        }
    }

    /// Applies an operation that needs planes.
    ///
    /// Panics on flat features: `spec::shape` has refused such a model before.
    pub(crate) fn image(self, apply: impl FnOnce(Tensor<4>) -> Batch) -> Batch {
        match self {
            Batch::Image(x) => apply(x),
            Batch::Flat(_) => panic!("a layer for images got flat features"),
        }
    }

    /// `[batch, features]`, channel-major.
    pub(crate) fn flatten(self) -> Tensor<2> {
        match self {
            Batch::Image(x) => x.flatten(1, 3),
            Batch::Flat(x) => x,
        }
    }

    /// Shape with the batch first.
    pub(crate) fn dims(&self) -> Vec<usize> {
        match self {
            Batch::Image(x) => x.dims().to_vec(),
            Batch::Flat(x) => x.dims().to_vec(),
        }
    }

    /// Largest value of each window; padding is never the largest.
    pub(crate) fn max_pool(self, options: &MaxPoolOptions<2>) -> Batch {
        self.image(|x| Batch::Image(max_pool2d(x, options.clone())))
    }

    /// Mean of each window; padding does not count.
    pub(crate) fn average_pool(self, options: &AvgPoolOptions<2>) -> Batch {
        self.image(|x| Batch::Image(avg_pool2d(x, options.clone())))
    }

    /// `[batch, channels]`: mean of each plane.
    pub(crate) fn global_average(self) -> Batch {
        self.image(|x| {
            let [n, c, h, w] = x.dims();
            Batch::Flat(x.reshape([n, c, h * w]).mean_dim(2).reshape([n, c]))
        })
    }

    /// `[batch, channels]`: largest value of each plane.
    pub(crate) fn global_max(self) -> Batch {
        self.image(|x| {
            let [n, c, h, w] = x.dims();
            Batch::Flat(x.reshape([n, c, h * w]).max_dim(2).reshape([n, c]))
        })
    }

    /// Element-wise.
    pub(crate) fn activate(self, activation: Activation) -> Batch {
        self.map(|x| activate(x, activation), |x| activate(x, activation))
    }
}

fn activate<const D: usize>(x: Tensor<D>, function: Activation) -> Tensor<D> {
    match function {
        Activation::Relu => activation::relu(x),
        Activation::LeakyRelu => activation::leaky_relu(x, 0.01),
        Activation::Elu => activation::elu(x, 1.0),
        Activation::Gelu => activation::gelu(x),
        Activation::Silu => activation::silu(x),
        Activation::Sigmoid => activation::sigmoid(x),
        Activation::Tanh => activation::tanh(x),
    }
}
