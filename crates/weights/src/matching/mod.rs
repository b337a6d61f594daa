//! Which tensor of a file initialises which tensor of the network, and everything that does not
//! fit.

mod by_order;
mod optional_tensors;
mod ordered_names;
mod prefixes;

use crate::file_tensor::FileTensor;
use crate::state_dict::name_in_network;
use convsweep_spec::pattern;
use convsweep_spec::shape::TensorShape;
use convsweep_spec::weights::Transfer;
use optional_tensors::OptionalTensors;
use std::collections::{HashMap, HashSet};

pub(crate) use prefixes::short_names;

/// Which tensor of the file initialises which tensor of the network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TensorMatch {
    /// Pairs of indices: of the tensor in the file and in the network.
    pub pairs: Vec<(usize, usize)>,
    /// Layers of the network that are initialised randomly.
    pub reinitialised: Vec<String>,
    /// Whether layers were matched by kind and order, because the names differ.
    pub by_order: bool,
}

/// Matches each tensor of `network` (in layer order) to one of the file: by name (ours, or that in
/// our state dicts), by `transfer.map`, or, if all names follow common patterns (`features.3`,
/// `layer1.0.conv2`, `fc`), by kind and order of the layers. Without a map, prefixes that say
/// nothing of the network, such as `module.`, do not count.
///
/// # Errors
///
/// Everything that does not fit, each phrased to follow the file's name.
pub fn assign(
    stored: &[FileTensor],
    network: &[TensorShape],
    transfer: &Transfer,
) -> Result<TensorMatch, Vec<String>> {
    let optional = OptionalTensors::new(network, transfer);
    let names = match transfer.map.is_empty() {
        true => short_names(stored),
        false => stored.iter().map(|tensor| tensor.name.as_str()).collect(),
    };
    let mut by_name = indices_by_name(&names, transfer);
    let is_whole = |by_name: &HashMap<String, usize>| {
        let may_lack = |t| optional.is_reinitialised(t) || optional.may_be_missing(t);
        let mut tensors = network.iter();
        tensors.all(|t| may_lack(t) || by_name.contains_key(&t.name))
    };
    let mut by_order = !is_whole(&by_name) && transfer.map.is_empty();
    if by_order {
        let of_state_dict = indices_by_name_in_state_dict(&names);
        if is_whole(&of_state_dict) {
            (by_order, by_name) = (false, of_state_dict);
        }
    }
    let sources = match by_order {
        true => by_order::match_layers(stored, &names, network, &optional)?,
        false => {
            let by_name = |t: &TensorShape| by_name.get(&t.name).copied();
            network.iter().map(by_name).collect()
        }
    };
    let replaces_head = (sources.iter().zip(network))
        .any(|(source, t)| optional.has_other_classes(source.map(|i| &stored[i]), t));
    let mut found = TensorMatch {
        by_order,
        ..TensorMatch::default()
    };
    let mut problems = Vec::new();
    for (i, (source, t)) in sources.into_iter().zip(network).enumerate() {
        if optional.is_reinitialised(t) || (replaces_head && optional.may_be_missing(t)) {
            found.reinitialise_layer_of(t);
        } else if let Some(source) = source {
            problems.extend(mismatch(&stored[source], t));
            found.pairs.push((source, i));
        } else {
            problems.push(format!(
                "has no tensor for \"{}\" {:?} of the network",
                t.name, t.shape
            ));
        }
    }
    problems.extend(unused_tensors(stored, network, &found));
    if problems.is_empty() {
        Ok(found)
    } else {
        Err(problems)
    }
}

impl TensorMatch {
    fn reinitialise_layer_of(&mut self, tensor: &TensorShape) {
        let layer = pattern::layer_of(&tensor.name).to_string();
        if !self.reinitialised.contains(&layer) {
            self.reinitialised.push(layer);
        }
    }
}

/// Indices of the file's tensors by the names that they have in the network.
fn indices_by_name(names: &[&str], transfer: &Transfer) -> HashMap<String, usize> {
    let name = |(i, name): (usize, &&str)| (transfer.name_in_network(name), i);
    names.iter().enumerate().map(name).collect()
}

/// Indices of the file's tensors by the names that they have in the network, if it is a state dict
/// of ours.
fn indices_by_name_in_state_dict(names: &[&str]) -> HashMap<String, usize> {
    let name = |(i, name): (usize, &&str)| (name_in_network(name), i);
    names.iter().enumerate().map(name).collect()
}

/// Why the file's tensor cannot initialise the network's.
fn mismatch(source: &FileTensor, tensor: &TensorShape) -> Option<String> {
    if source.shape != tensor.shape {
        return Some(format!(
            "has \"{}\" in the shape {:?}, the network has \"{}\" {:?}",
            source.name, source.shape, tensor.name, tensor.shape
        ));
    }
    if !source.is_floating() {
        return Some(source.not_floating());
    }
    source.finiteness_problem()
}

/// Tensors that the file's layer has but the network's layer does not use.
fn unused_tensors(
    stored: &[FileTensor],
    network: &[TensorShape],
    found: &TensorMatch,
) -> Vec<String> {
    let mut used = HashSet::new();
    let mut layers: HashMap<&str, &str> = HashMap::new();
    for &(source, target) in &found.pairs {
        used.insert(source);
        let in_file = pattern::layer_of(&stored[source].name);
        layers.insert(in_file, pattern::layer_of(&network[target].name));
    }
    let mut problems = Vec::new();
    for (i, tensor) in stored.iter().enumerate() {
        if used.contains(&i) || !tensor.is_floating() {
            continue;
        }
        if let Some(layer) = layers.get(pattern::layer_of(&tensor.name)) {
            problems.push(format!(
                "has \"{}\" {:?}, which the network's \"{layer}\" does not use",
                tensor.name, tensor.shape
            ));
        }
    }
    problems
}
