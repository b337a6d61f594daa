//! Which of the dictionaries in a file of PyTorch is the model's.

use pytorch_reader::Tensor;
use std::collections::BTreeSet;

/// Keys that training scripts put the model's dictionary under, the surest first.
const WRAPPERS: [&str; 16] = [
    "state_dict",
    "model_state_dict",
    "model_state",
    "state_dict_ema",
    "model",
    "net",
    "network",
    "module",
    "weights",
    "params",
    "model_ema",
    "ema_state_dict",
    "ema",
    "params_ema",
    "student",
    "teacher",
];
/// Beginnings of keys of what lies beside it.
const BESIDE: [&str; 14] = [
    "optim",
    "sched",
    "lr_",
    "scaler",
    "amp",
    "ema",
    "epoch",
    "loss",
    "criterion",
    "rng",
    "args",
    "config",
    "best",
    "history",
];
/// Keys that are never names of layers.
const SURE_WRAPPERS: usize = 4;
/// Most dictionaries around a model.
const MOST_WRAPPERS: usize = 4;

/// Leaves only the tensors of the model, without the keys of the dictionaries around it, which are
/// returned.
pub(super) fn take_model(tensors: &mut Vec<Tensor>) -> Vec<String> {
    let mut wrappers = Vec::new();
    while wrappers.len() < MOST_WRAPPERS {
        let Some(wrapper) = wrapper(tensors) else {
            break;
        };
        let inside = format!("{wrapper}.");
        tensors.retain(|tensor| tensor.name.starts_with(&inside));
        for tensor in tensors.iter_mut() {
            tensor.name.drain(..inside.len());
        }
        wrappers.push(wrapper.to_string());
    }
    wrappers
}

/// The key of the model's dictionary, if there is one around it.
fn wrapper(tensors: &[Tensor]) -> Option<&'static str> {
    let first = |tensor: &Tensor| {
        let key = tensor.name.split_once('.');
        key.map_or(tensor.name.clone(), |(key, _)| key.to_string())
    };
    let keys: BTreeSet<String> = tensors.iter().map(first).collect();
    let is_beside = |key: &String| {
        let lower = key.to_lowercase();
        WRAPPERS.contains(&key.as_str()) || BESIDE.iter().any(|word| lower.starts_with(word))
    };
    let (sure, likely) = WRAPPERS.split_at(SURE_WRAPPERS);
    let found = sure.iter().find(|wrapper| keys.contains(**wrapper));
    let only_beside = || keys.iter().all(is_beside);
    let likely = || likely.iter().find(|wrapper| keys.contains(**wrapper));
    found
        .or_else(|| only_beside().then(likely).flatten())
        .copied()
}
