//! Optimiser steps in place, with few of LibTorch's operations.

use crate::ops::fused::ParameterStep;
use burn::tensor::Tensor;
use burn_tch::{LibTorch, TchTensor};
use convsweep_spec::train::{Moments, Rule};

/// Takes a step of Adam or AdamW; for other rules nothing is changed, and the result is false.
pub(super) fn step(
    step: ParameterStep,
    parameter: &mut Tensor<1>,
    gradient: &Tensor<1>,
    moments: &mut [&mut Tensor<1>],
) -> bool {
    let (&(Rule::Adam(options) | Rule::Adamw(options)), [first, second]) = (step.rule, moments)
    else {
        return false;
    };
    let Ok(gradient) = gradient.clone().try_into_primitive::<LibTorch>() else {
        return false;
    };
    let (mut p, mut m, mut v) = (take(parameter), take(first), take(second));
    tch::no_grad(|| adam(&step, options, [&mut p, &mut m, &mut v], gradient.tensor));
    for (tensor, changed) in [(parameter, p), (first, m), (second, v)] {
        *tensor = Tensor::from_primitive::<LibTorch>(TchTensor::new(changed));
    }
    true
}

/// Kingma and Ba (2015), with the corrections of the bias in the divisor.
fn adam(
    step: &ParameterStep,
    options: Moments,
    [p, m, v]: [&mut tch::Tensor; 3],
    mut gradient: tch::Tensor,
) {
    if step.weight_decay != 0.0 {
        gradient = &*p * step.weight_decay + gradient;
    }
    if step.shrink != 1.0 {
        let _ = p.g_mul_scalar_(step.shrink);
    }
    let _ = m.lerp_(&gradient, 1.0 - options.beta1);
    let _ = v.lerp_(&gradient.square(), 1.0 - options.beta2);
    if step.learning_rate == 0.0 {
        return;
    }
    let [correction1, correction2] =
        [options.beta1, options.beta2].map(|beta| 1.0 - beta.powf(step.number as f64));
    let factor = -correction1 / step.learning_rate;
    let mut divisor = v.sqrt();
    let _ = divisor.g_mul_scalar_(factor / correction2.sqrt());
    let _ = divisor.g_add_scalar_(factor * options.epsilon);
    let _ = p.addcdiv_(m, &divisor);
}

/// The tensor, moved out so that it can be changed in place; a copy where others hold it too.
fn take(tensor: &mut Tensor<1>) -> tch::Tensor {
    let device = tensor.device();
    let taken = std::mem::replace(tensor, Tensor::empty([0], &device));
    let taken = taken
        .try_into_primitive::<LibTorch>()
        .expect("these operations are chosen for tensors on LibTorch only");
    match taken.can_mut() {
        true => taken.tensor,
        false => taken.tensor.copy(),
    }
}
