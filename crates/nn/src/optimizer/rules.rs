//! The update rule of each optimiser, without weight decay.

use super::muon::orthogonal;
use burn::tensor::Tensor;
use convsweep_spec::train::{Moments, Optimizer, Rule};

/// The parameter that is updated, and when.
pub(super) struct Parameter<'a> {
    /// Steps taken, including this one.
    pub steps: u64,
    pub shape: &'a [usize],
    /// Whether it is the weight of the last layer.
    pub is_last: bool,
}

/// Muon's author trains all parameters other than hidden matrices by AdamW with these.
const MUON_ADAM: Moments = Moments {
    beta1: 0.9,
    beta2: 0.95,
    epsilon: 1e-10,
};

/// Names of the moments that a rule keeps.
pub(super) fn moments(rule: &Rule) -> &'static [&'static str] {
    match rule {
        Rule::Sgd { momentum: 0.0, .. } => &[],
        Rule::Sgd { .. } | Rule::Lion { .. } => &["momentum"],
        Rule::Adam(_) | Rule::Adamw(_) => &["moment1", "moment2"],
        Rule::Rmsprop {
            momentum: 0.0,
            centered: false,
            ..
        } => &["square"],
        Rule::Rmsprop { momentum: 0.0, .. } => &["square", "mean"],
        Rule::Rmsprop {
            centered: false, ..
        } => &["square", "momentum"],
        Rule::Rmsprop { .. } => &["square", "mean", "momentum"],
        Rule::Adagrad { .. } => &["square"],
        // The second one is used for parameters other than hidden matrices only.
        Rule::Muon { .. } => &["moment1", "moment2"],
    }
}

/// The parameter's learning rate when the optimizer's is `lr`: parameters that Muon leaves to AdamW
/// have a different one.
pub(super) fn rate(optimizer: &Optimizer, lr: f64, parameter: &Parameter) -> f64 {
    match optimizer.rule {
        Rule::Muon { adam_lr, .. } if !parameter.is_hidden_matrix() => lr * adam_lr / optimizer.lr,
        _ => lr,
    }
}

impl Parameter<'_> {
    /// Whether it is the weight matrix of a layer other than the last.
    fn is_hidden_matrix(&self) -> bool {
        self.shape.len() > 1 && !self.is_last
    }
}

/// The update for `gradient`, which is to be subtracted from the parameter. The `moments` of
/// [`moments`] are updated.
pub(super) fn step(
    rule: &Rule,
    lr: f64,
    gradient: Tensor<1>,
    mut moments: Vec<&mut Tensor<1>>,
    parameter: &Parameter,
) -> Tensor<1> {
    match *rule {
        Rule::Sgd { momentum, nesterov } => {
            let velocity = moments.into_iter().next();
            heavy_ball(velocity, gradient, momentum, nesterov).mul_scalar(lr)
        }
        Rule::Adam(options) | Rule::Adamw(options) => {
            adam(options, lr, gradient, &mut moments, parameter.steps)
        }
        Rule::Rmsprop {
            decay,
            epsilon,
            momentum,
            centered,
        } => {
            let mut moments = moments.into_iter();
            let Some(square) = moments.next() else {
                return gradient;
            };
            let mean = if centered { moments.next() } else { None };
            let scaled = rms_scaled(gradient, square, mean, decay, epsilon);
            heavy_ball(moments.next(), scaled, momentum, false).mul_scalar(lr)
        }
        Rule::Adagrad { epsilon, .. } => {
            let Some(square) = moments.first_mut() else {
                return gradient;
            };
            **square = square.clone() + gradient.clone() * gradient.clone();
            gradient.mul_scalar(lr) / square.clone().sqrt().add_scalar(epsilon)
        }
        Rule::Lion { beta1, beta2 } => {
            let Some(m) = moments.first_mut() else {
                return gradient;
            };
            let direction = average(m, gradient.clone(), beta1).sign();
            **m = average(m, gradient, beta2);
            direction.mul_scalar(lr)
        }
        Rule::Muon { .. } if !parameter.is_hidden_matrix() => {
            adam(MUON_ADAM, lr, gradient, &mut moments, parameter.steps)
        }
        Rule::Muon {
            momentum,
            nesterov,
            iterations,
            ..
        } => {
            let Some(v) = moments.first_mut() else {
                return gradient;
            };
            // A moving average, unlike SGD's sum.
            **v = average(v, gradient.clone(), momentum);
            let direction = match nesterov {
                true => average_of(gradient, v.clone(), momentum),
                false => v.clone(),
            };
            muon(lr, direction, iterations, parameter.shape)
        }
    }
}

/// The gradient over the root of its mean square or, if a `mean` is kept, over its standard
/// deviation, as in PyTorch.
fn rms_scaled(
    gradient: Tensor<1>,
    square: &mut Tensor<1>,
    mean: Option<&mut Tensor<1>>,
    decay: f64,
    epsilon: f64,
) -> Tensor<1> {
    *square = average(square, gradient.clone() * gradient.clone(), decay);
    let mut variance = square.clone();
    if let Some(mean) = mean {
        *mean = average(mean, gradient.clone(), decay);
        variance = variance - mean.clone() * mean.clone();
    }
    gradient / variance.clamp_min(0.0).sqrt().add_scalar(epsilon)
}

/// Muon's update of a hidden matrix of this shape.
fn muon(lr: f64, direction: Tensor<1>, iterations: u32, shape: &[usize]) -> Tensor<1> {
    let (rows, columns) = (shape[0], shape[1..].iter().product());
    let scale = (rows as f64 / columns as f64).max(1.0).sqrt();
    let orthogonal = orthogonal(direction.reshape([rows, columns]), iterations);
    orthogonal.reshape([-1]).mul_scalar(lr * scale)
}

/// The gradient with momentum; without a velocity, the gradient itself.
fn heavy_ball(
    velocity: Option<&mut Tensor<1>>,
    gradient: Tensor<1>,
    momentum: f64,
    nesterov: bool,
) -> Tensor<1> {
    let Some(v) = velocity else { return gradient };
    *v = v.clone().mul_scalar(momentum) + gradient.clone();
    match nesterov {
        true => gradient + v.clone().mul_scalar(momentum),
        false => v.clone(),
    }
}

fn adam(
    Moments {
        beta1,
        beta2,
        epsilon,
    }: Moments,
    lr: f64,
    gradient: Tensor<1>,
    moments: &mut [&mut Tensor<1>],
    steps: u64,
) -> Tensor<1> {
    let [m, v] = moments else { return gradient };
    **m = average(m, gradient.clone(), beta1);
    **v = average(v, gradient.clone() * gradient, beta2);
    let [c1, c2] = [beta1, beta2].map(|beta| 1.0 - beta.powf(steps as f64));
    let root = v.clone().sqrt().div_scalar(c2.sqrt()).add_scalar(epsilon);
    m.clone().mul_scalar(lr / c1) / root
}

/// decay · old + (1 − decay) · new
fn average(old: &Tensor<1>, new: Tensor<1>, decay: f64) -> Tensor<1> {
    average_of(new, old.clone(), decay)
}

fn average_of(new: Tensor<1>, old: Tensor<1>, decay: f64) -> Tensor<1> {
    old.mul_scalar(decay) + new.mul_scalar(1.0 - decay)
}
