//! Our networks under the names that the state dict of a module of PyTorch gives their tensors.
//!
//! Such a module has one child for each layer and for its norm and activation: our `conv1.weight`,
//! `conv1.norm.weight` and `conv1.slope` are `conv1.weight`, `conv1_norm.weight` and
//! `conv1_activation.weight`. The layers of a residual are in its child `layers`.

use crate::file_tensor::not_finite;
use crate::weight_file::WeightFile;
use ::safetensors::tensor::TensorView;
use ::safetensors::{Dtype, serialize};
use convsweep_spec::layer_names::role;
use convsweep_spec::shape::TensorShape;
use std::collections::HashMap;

/// The child of a residual that has its layers.
const LAYERS: &str = "layers";
/// The child of a residual that has its shortcut.
const SHORTCUT: &str = "shortcut";
/// Parts of a layer that are children of their own beside it.
const PARTS: [&str; 3] = [role::NORM, role::DEPTHWISE, role::POINTWISE];
/// The number of batches that a batch norm has seen in training; PyTorch counts them, and uses the
/// count only where there is no momentum.
const BATCHES: &str = "num_batches_tracked";

/// The name of a network's tensor in the state dict.
pub fn name_in_state_dict(name: &str) -> String {
    let mut path: Vec<String> = Vec::new();
    let (layer, role) = name.rsplit_once('.').unwrap_or(("", name));
    for part in layer.split('.') {
        let part = part.replace('-', "_");
        let is_in_residual = path.last().is_some_and(|last| is_kind(last, "residual"));
        if is_in_residual && part != SHORTCUT {
            path.push(LAYERS.to_string());
        }
        match path.last_mut() {
            Some(last) if PARTS.contains(&part.as_str()) => *last += &format!("_{part}"),
            _ => path.push(part),
        }
    }
    let role = match (role, path.last_mut()) {
        (role::SLOPE, Some(last)) => {
            if !is_kind(last, role::ACTIVATION) {
                *last += &format!("_{}", role::ACTIVATION);
            }
            role::WEIGHT
        }
        (role, _) => role,
    };
    format!("{}.{role}", path.join("."))
}

/// The network's name for a tensor of the state dict. Names of other files may change too.
pub(crate) fn name_in_network(name: &str) -> String {
    let mut path: Vec<String> = Vec::new();
    let (layer, mut role) = name.rsplit_once('.').unwrap_or(("", name));
    for part in layer.split('.') {
        let is_in_residual = path.last().is_some_and(|last| is_kind(last, "residual"));
        if is_in_residual && part == LAYERS {
            continue;
        }
        let (owner, beside) = part.rsplit_once('_').unwrap_or((part, ""));
        let is_beside = PARTS.contains(&beside) || beside == role::ACTIVATION;
        let own = if is_beside { owner } else { part };
        path.push(own.replace('_', "-"));
        if PARTS.contains(&beside) {
            path.push(beside.to_string());
        }
        if role == role::WEIGHT && (beside == role::ACTIVATION || is_kind(part, role::ACTIVATION)) {
            role = role::SLOPE;
        }
    }
    format!("{}.{role}", path.join("."))
}

/// Whether `layer` is `kind` with a number.
fn is_kind(layer: &str, kind: &str) -> bool {
    let number = layer.strip_prefix(kind);
    number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// A safetensors file with the tensors of `file`, which are those of `network`, under their names
/// in the state dict, and with this metadata.
///
/// # Errors
/// Why the tensors are not those of the network, phrased to follow the file's name.
pub fn state_dict(
    file: &WeightFile,
    network: &[TensorShape],
    metadata: HashMap<String, String>,
) -> Result<Vec<u8>, String> {
    let mut tensors = Vec::with_capacity(network.len());
    for tensor in network {
        let name = name_in_state_dict(&tensor.name);
        if let Some(norm) = name.strip_suffix(role::RUNNING_VARIANCE) {
            let count = 0i64.to_le_bytes().to_vec();
            tensors.push((format!("{norm}{BATCHES}"), Dtype::I64, vec![], count));
        }
        let shape = tensor.shape.iter().map(|&n| n as usize).collect();
        tensors.push((name, Dtype::F32, shape, bytes_of(file, tensor)?));
    }
    let mut views = Vec::with_capacity(tensors.len());
    for (name, dtype, shape, bytes) in &tensors {
        let view = TensorView::new(*dtype, shape.clone(), bytes);
        let view = view.map_err(|error| format!("cannot be written anew: {error}"))?;
        views.push((name.as_str(), view));
    }
    serialize(views, Some(metadata)).map_err(|error| format!("cannot be written anew: {error}"))
}

/// The values of a tensor, little-endian.
fn bytes_of(file: &WeightFile, tensor: &TensorShape) -> Result<Vec<u8>, String> {
    let (name, shape) = (&tensor.name, &tensor.shape);
    let index = file.tensors.iter().position(|own| own.name == *name);
    let index = index.ok_or_else(|| format!("has no tensor for \"{name}\" {shape:?}"))?;
    let own = &file.tensors[index];
    if own.shape != *shape {
        let own = &own.shape;
        return Err(format!(
            "has \"{name}\" in the shape {own:?}, the network has {shape:?}"
        ));
    }
    if let Some(index) = own.not_finite {
        return Err(not_finite(name, index));
    }
    let values = file.values(index)?;
    Ok(values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_modules_and_come_back() {
        for (ours, theirs) in [
            ("conv1.weight", "conv1.weight"),
            ("conv1.norm.running_var", "conv1_norm.running_var"),
            ("conv1.slope", "conv1_activation.weight"),
            ("norm2.weight", "norm2.weight"),
            ("activation12.slope", "activation12.weight"),
            ("separable1.depthwise.weight", "separable1_depthwise.weight"),
            ("separable1.pointwise.bias", "separable1_pointwise.bias"),
            ("separable1.norm.bias", "separable1_norm.bias"),
            ("depthwise1.norm.weight", "depthwise1_norm.weight"),
            ("locally-connected1.weight", "locally_connected1.weight"),
            (
                "locally-connected1.slope",
                "locally_connected1_activation.weight",
            ),
            (
                "squeeze-excite3.reduce.weight",
                "squeeze_excite3.reduce.weight",
            ),
            (
                "squeeze-excite3.reduce.slope",
                "squeeze_excite3.reduce_activation.weight",
            ),
            ("residual1.conv2.bias", "residual1.layers.conv2.bias"),
            (
                "residual1.residual2.shortcut.conv1.norm.bias",
                "residual1.layers.residual2.shortcut.conv1_norm.bias",
            ),
            (
                "parallel1.branch2.residual1.activation1.slope",
                "parallel1.branch2.residual1.layers.activation1.weight",
            ),
        ] {
            assert_eq!(name_in_state_dict(ours), theirs);
            assert_eq!(name_in_network(theirs), ours);
        }
        for other in [
            "",
            "weight",
            "layer1.0.conv1.weight",
            "_norm.weight",
            "features.3.bias",
        ] {
            name_in_network(other);
            name_in_state_dict(other);
        }
    }

    fn file(name: &str, shape: &[usize], values: &[f32]) -> Vec<u8> {
        let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        let view = TensorView::new(Dtype::F32, shape.to_vec(), &bytes).expect("fits");
        serialize([(name, view)], None).expect("can be written")
    }

    #[test]
    fn tensors_that_are_not_the_networks_are_named() {
        let network = [TensorShape {
            name: "norm1.running_var".into(),
            shape: vec![2],
            statistic: true,
        }];
        let written = |bytes: &[u8]| {
            let file = WeightFile::read(bytes).expect("a file");
            state_dict(&file, &network, HashMap::new())
        };
        let sound = written(&file("norm1.running_var", &[2], &[1.0, 2.0])).expect("fits");
        let sound = WeightFile::read(&sound).expect("a file");
        let names: Vec<_> = sound.tensors.iter().map(|t| t.name.as_str()).collect();
        assert_eq!(names, ["norm1.num_batches_tracked", "norm1.running_var"]);
        assert_eq!(sound.values(1), Ok(vec![1.0, 2.0]));
        for (bytes, problem) in [
            (
                file("norm2.running_var", &[2], &[1.0, 2.0]),
                "has no tensor for \"norm1.running_var\" [2]",
            ),
            (
                file("norm1.running_var", &[1], &[1.0]),
                "has \"norm1.running_var\" in the shape [1], the network has [2]",
            ),
            (
                file("norm1.running_var", &[2], &[1.0, f32::NAN]),
                "has \"norm1.running_var\" with a value that is not finite (number 1,",
            ),
        ] {
            let found = written(&bytes).expect_err("does not fit");
            assert!(found.starts_with(problem), "{found}");
        }
    }
}
