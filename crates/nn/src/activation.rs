//! Element-wise activations. Ours where Burn's have gradients that are not numbers for large inputs
//! (0 · ∞).

use burn::tensor::{Tensor, activation};
use convsweep_spec::model::Activation;

/// Applies `function`. PReLU needs slopes and is [`prelu`].
pub(crate) fn activate<const D: usize>(x: Tensor<D>, function: Activation) -> Tensor<D> {
    match function {
        Activation::Relu => activation::relu(x),
        Activation::LeakyRelu => activation::leaky_relu(x, 0.01),
        Activation::Elu => elu(x, 1.0),
        Activation::Gelu => activation::gelu(x),
        Activation::Silu => activation::silu(x),
        Activation::Sigmoid => activation::sigmoid(x),
        Activation::Tanh => activation::tanh(x),
        Activation::Prelu => activation::leaky_relu(x, PRELU),
        Activation::Relu6 => x.clamp(0.0, 6.0),
        Activation::HardSigmoid => hard_sigmoid(x),
        Activation::HardSwish => x.clone() * hard_sigmoid(x),
        Activation::Mish => activation::mish(x),
        Activation::Selu => elu(x, 1.673_263_242_354_377_2) * 1.050_700_987_355_480_5,
        Activation::Softplus => activation::softplus(x, 1.0),
    }
}

/// Slope of PReLU at the start (He et al. 2015).
pub(crate) const PRELU: f64 = 0.25;

/// x above 0, slope·x below, with a slope for each channel (`slopes` broadcasts over the rest).
pub(crate) fn prelu<const D: usize>(x: Tensor<D>, slopes: Tensor<D>) -> Tensor<D> {
    activation::relu(x.clone()) - activation::relu(-x) * slopes
}

fn hard_sigmoid<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    (x + 3.0).clamp(0.0, 6.0) / 6.0
}

/// The exponential is taken of what is not above 0 only, so that it cannot overflow.
fn elu<const D: usize>(x: Tensor<D>, alpha: f64) -> Tensor<D> {
    let above = x.clone().greater_elem(0.0);
    let below = x
        .clone()
        .mask_fill(above.clone(), 0.0)
        .exp()
        .sub_scalar(1.0)
        .mul_scalar(alpha);
    below.mask_where(above, x)
}
