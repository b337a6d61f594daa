//! Element-wise activations. Some are our own, where the gradients of Burn's are not numbers for
//! large inputs (0 · ∞).

use burn::tensor::Tensor;
use burn::tensor::activation as functions;
use convsweep_spec::model::Activation;

/// Applies an activation; PReLU with its initial slope, since its learned slopes need [`prelu`].
pub(crate) fn activate<const D: usize>(x: Tensor<D>, activation: Activation) -> Tensor<D> {
    match activation {
        Activation::Relu => functions::relu(x),
        Activation::LeakyRelu => functions::leaky_relu(x, 0.01),
        Activation::Elu => elu(x, 1.0),
        Activation::Gelu => functions::gelu(x),
        Activation::Silu => functions::silu(x),
        Activation::Sigmoid => functions::sigmoid(x),
        Activation::Tanh => functions::tanh(x),
        Activation::Prelu => functions::leaky_relu(x, PRELU_INITIAL_SLOPE),
        Activation::Relu6 => x.clamp(0.0, 6.0),
        Activation::HardSigmoid => hard_sigmoid(x),
        Activation::HardSwish => x.clone() * hard_sigmoid(x),
        Activation::Mish => functions::mish(x),
        Activation::Selu => elu(x, 1.673_263_242_354_377_2) * 1.050_700_987_355_480_5,
        Activation::Softplus => functions::softplus(x, 1.0),
    }
}

/// Initial slope of PReLU (He et al. 2015).
pub(crate) const PRELU_INITIAL_SLOPE: f64 = 0.25;

/// x above 0, slope·x below; `slopes` has one slope for each channel and broadcasts over the rest.
pub(crate) fn prelu<const D: usize>(x: Tensor<D>, slopes: Tensor<D>) -> Tensor<D> {
    functions::relu(x.clone()) - functions::relu(-x) * slopes
}

fn hard_sigmoid<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    (x + 3.0).clamp(0.0, 6.0) / 6.0
}

/// Takes the exponential only of values that are not above 0, so that it cannot overflow.
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
