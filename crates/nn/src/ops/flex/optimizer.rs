//! Optimiser steps and sums over parameters by our kernels.

use super::tensors::values;
use crate::ops::fused::ParameterStep;
use burn::backend::Flex;
use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;
use convsweep_kernels::{Adam, Sgd};
use convsweep_spec::train::Rule;

/// Takes a step of SGD or Adam; for other rules nothing is changed, and the result is false.
pub(super) fn step(
    step: ParameterStep,
    parameter: &mut Tensor<1>,
    gradient: &Tensor<1>,
    moments: &mut [&mut Tensor<1>],
) -> bool {
    if !matches!(step.rule, Rule::Sgd { .. } | Rule::Adam(_) | Rule::Adamw(_)) {
        return false;
    }
    let Ok(gradient) = gradient.clone().try_into_primitive::<Flex>() else {
        return false;
    };
    let gradient = values(&gradient);
    let mut parameter_values = take(parameter);
    let mut moment_values: Vec<FlexTensor> = moments.iter_mut().map(|m| take(m)).collect();
    let weights = parameter_values.storage_mut::<f32>();
    match (step.rule, &mut moment_values[..]) {
        (&Rule::Sgd { momentum, nesterov }, moments) => {
            let sgd = Sgd {
                lr: step.learning_rate,
                momentum,
                nesterov,
                weight_decay: step.weight_decay,
                shrink: step.shrink,
            };
            let velocity = moments.first_mut().map(|v| v.storage_mut::<f32>());
            sgd.step(weights, &gradient, velocity.unwrap_or_default());
        }
        (&(Rule::Adam(options) | Rule::Adamw(options)), [m, v]) => {
            let adam = Adam {
                lr: step.learning_rate,
                beta1: options.beta1,
                beta2: options.beta2,
                epsilon: options.epsilon,
                weight_decay: step.weight_decay,
                shrink: step.shrink,
                step: step.number,
            };
            adam.step(weights, &gradient, m.storage_mut(), v.storage_mut());
        }
        _ => unreachable!("Adam has two moments, and other rules were left above"),
    }
    *parameter = Tensor::from_primitive::<Flex>(parameter_values);
    for (moment, values) in moments.iter_mut().zip(moment_values) {
        **moment = Tensor::from_primitive::<Flex>(values);
    }
    true
}

/// The flex tensor of a parameter or moment, moved out so that it can be changed in place.
fn take(tensor: &mut Tensor<1>) -> FlexTensor {
    let device = tensor.device();
    let taken = std::mem::replace(tensor, Tensor::empty([0], &device));
    taken
        .try_into_primitive::<Flex>()
        .expect("these operations are chosen for tensors on flex only")
}

/// Sum of the squares of a tensor's values.
pub(super) fn sum_of_squares(tensor: &Tensor<1>) -> Option<f64> {
    let tensor = tensor.clone().try_into_primitive::<Flex>().ok()?;
    Some(convsweep_kernels::sum_of_squares(&values(&tensor)))
}
