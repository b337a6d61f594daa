//! A whole training step that LibTorch differentiates itself, as PyTorch does.
//!
//! LibTorch records what is computed from tensors that require gradients, by whichever operation of
//! Burn's or ours. It numbers the changes of a tensor in place, and refuses to differentiate where
//! a value has been changed that it needs: nothing is wrong then, but the step has to be
//! differentiated by Burn, unit by unit.

use burn::tensor::Tensor;
use burn_tch::{LibTorch, TchTensor};
use std::cell::RefCell;

thread_local! {
    /// Inputs and outputs of the units of the step. Burn changes a tensor in place that has one
    /// owner; these have another one here.
    static KEPT: RefCell<Vec<TchTensor>> = const { RefCell::new(Vec::new()) };
}

/// Keeps tensors that the backward pass may need.
pub(super) fn keep(tensors: impl Iterator<Item = TchTensor>) {
    KEPT.with_borrow_mut(|kept| kept.extend(tensors));
}

/// The parameters as LibTorch differentiates them; frozen ones are constants.
pub(super) fn begin(parameters: &[&Tensor<1>], frozen: &[bool]) -> Option<Vec<Tensor<1>>> {
    KEPT.take();
    let mut leaves = Vec::with_capacity(parameters.len());
    for (parameter, is_frozen) in parameters.iter().zip(frozen) {
        let parameter = (*parameter).clone().try_into_primitive::<LibTorch>().ok()?;
        let leaf = parameter.tensor.detach().set_requires_grad(!is_frozen);
        leaves.push(Tensor::from_primitive::<LibTorch>(TchTensor::new(leaf)));
    }
    Some(leaves)
}

/// The gradients with respect to the parameters, a single 0 for constants; `None` if LibTorch does
/// not have them all.
pub(super) fn end(
    logits: Tensor<2>,
    gradient: &mut dyn FnMut(Tensor<2>) -> Tensor<2>,
    recorded: &[Tensor<1>],
) -> Option<Vec<Tensor<1>>> {
    let device = logits.device();
    let logits = logits.try_into_primitive::<LibTorch>().ok()?.tensor;
    let values = TchTensor::new(logits.detach().copy());
    let gradient = gradient(Tensor::from_primitive::<LibTorch>(values));
    let gradient = gradient.try_into_primitive::<LibTorch>();
    let along = logits.reshape(-1).dot(&gradient.ok()?.tensor.reshape(-1));
    let mut leaves = Vec::with_capacity(recorded.len());
    for tensor in recorded {
        let leaf = tensor.clone().try_into_primitive::<LibTorch>().ok()?.tensor;
        leaves.push(leaf);
    }
    let tracked: Vec<&tch::Tensor> = leaves.iter().filter(|leaf| leaf.requires_grad()).collect();
    let found = tch::Tensor::f_run_backward(&[along], &tracked, false, false);
    KEPT.take();
    let mut found = found.ok()?.into_iter();
    let mut gradients = Vec::with_capacity(leaves.len());
    for leaf in &leaves {
        gradients.push(match leaf.requires_grad() {
            true => Tensor::from_primitive::<LibTorch>(TchTensor::new(found.next()?)),
            false => Tensor::zeros([1], &device),
        });
    }
    Some(gradients)
}
