//! Matching the layers of a file to those of the network by kind and order, for files whose names
//! are not ours.

use super::optional_tensors::OptionalTensors;
use super::ordered_names::{NameOrder, has_ordered_name, without_auxiliary};
use crate::file_tensor::FileTensor;
use convsweep_spec::shape::TensorShape;
use std::collections::{BTreeMap, HashMap};

/// A layer with the indices of its tensors by role (`weight`, `bias`, …).
#[derive(Debug)]
struct LayerTensors<'a> {
    layer: &'a str,
    roles: BTreeMap<&'a str, usize>,
    /// Number of dimensions of its weight.
    dimensions: usize,
}

/// Kinds of layers that may be matched with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WeightKind {
    Convolution,
    Dense,
    Norm,
    Slope,
    Other,
}

impl WeightKind {
    const ALL: [WeightKind; 5] = [
        WeightKind::Convolution,
        WeightKind::Dense,
        WeightKind::Norm,
        WeightKind::Slope,
        WeightKind::Other,
    ];

    /// Such layers, as a message names them.
    fn plural(self) -> &'static str {
        match self {
            WeightKind::Convolution => "convolutions",
            WeightKind::Dense => "dense layers",
            WeightKind::Norm => "norms",
            WeightKind::Slope => "PReLU layers",
            WeightKind::Other => "layers of other kinds",
        }
    }
}

/// For each tensor of the network the index of the file's tensor that initialises it, if any.
/// `names` are those of the file's tensors, as far as they count.
pub(super) fn match_layers(
    stored: &[FileTensor],
    names: &[&str],
    network: &[TensorShape],
    optional: &OptionalTensors,
) -> Result<Vec<Option<usize>>, Vec<String>> {
    let dimensions = stored.iter().map(dimensions);
    let mut in_file = layers(names.iter().copied().zip(dimensions));
    in_file.retain(|layer| layer.roles.contains_key("weight"));
    without_auxiliary(&mut in_file, |layer| layer.layer);
    if let Some(unordered) = in_file.iter().find(|layer| !has_ordered_name(layer.layer)) {
        let problem = unordered_name(unordered.layer, names, network, optional);
        return Err(vec![problem]);
    }
    let order = NameOrder::of(in_file.iter().map(|layer| layer.layer));
    in_file.sort_by_cached_key(|layer| order.key(layer.layer));
    let in_network = layers(network.iter().map(|t| (t.name.as_str(), t.shape.len())));
    let mut sources = vec![None; network.len()];
    let mut problems = Vec::new();
    for kind in WeightKind::ALL {
        let is_of_kind = |layer: &&LayerTensors| layer.kind() == kind;
        let in_file: Vec<_> = in_file.iter().filter(is_of_kind).collect();
        let in_network: Vec<_> = in_network.iter().filter(is_of_kind).collect();
        match layers_to_match(in_file.len(), &in_network, network, optional) {
            Some(matched) => take_sources(&mut sources, matched, in_file),
            None => problems.push(format!(
                "has {} {} where the network has {}: name layers by `map`",
                in_file.len(),
                kind.plural(),
                in_network.len()
            )),
        }
    }
    if problems.is_empty() {
        Ok(sources)
    } else {
        Err(problems)
    }
}

/// Number of dimensions; tensors that cannot be weights have more than any kind of layer.
fn dimensions(tensor: &FileTensor) -> usize {
    match tensor.is_floating() {
        true => tensor.shape.len(),
        false => usize::MAX,
    }
}

/// Groups tensors, given by name and number of dimensions, by layer.
fn layers<'a>(tensors: impl Iterator<Item = (&'a str, usize)>) -> Vec<LayerTensors<'a>> {
    let mut layers: Vec<LayerTensors<'a>> = Vec::new();
    let mut positions: HashMap<(&str, bool), usize> = HashMap::new();
    for (i, (name, dimensions)) in tensors.enumerate() {
        let (layer, role) = name.rsplit_once('.').unwrap_or(("", name));
        // In PyTorch a slope is the weight of a layer of its own.
        let is_slope = role == "slope";
        let position = *positions.entry((layer, is_slope)).or_insert(layers.len());
        if position == layers.len() {
            layers.push(LayerTensors {
                layer,
                roles: BTreeMap::new(),
                dimensions: 0,
            });
        }
        let role = if is_slope { "weight" } else { role };
        layers[position].roles.insert(role, i);
        if role == "weight" {
            layers[position].dimensions = dimensions;
        }
    }
    layers
}

impl LayerTensors<'_> {
    fn kind(&self) -> WeightKind {
        match (self.dimensions, self.roles.contains_key("bias")) {
            (4, _) => WeightKind::Convolution,
            (2, _) => WeightKind::Dense,
            (1, true) => WeightKind::Norm,
            (1, false) => WeightKind::Slope,
            _ => WeightKind::Other,
        }
    }

    /// Whether the layer is matched only if the file has one for it.
    fn is_optional(&self, network: &[TensorShape], optional: &OptionalTensors) -> bool {
        self.roles.values().all(|&i| {
            optional.is_reinitialised(&network[i]) || optional.may_be_missing(&network[i])
        })
    }
}

/// The layers of the network that `count` layers of the file initialise: all, or all that need one.
/// Where the network needs none, other layers of the file are ignored.
fn layers_to_match<'a>(
    count: usize,
    in_network: &[&'a LayerTensors<'a>],
    network: &[TensorShape],
    optional: &OptionalTensors,
) -> Option<Vec<&'a LayerTensors<'a>>> {
    if count == in_network.len() {
        return Some(in_network.to_vec());
    }
    let mut needed = in_network.to_vec();
    needed.retain(|layer| !layer.is_optional(network, optional));
    (needed.is_empty() || count == needed.len()).then_some(needed)
}

fn take_sources(
    sources: &mut [Option<usize>],
    in_network: Vec<&LayerTensors>,
    in_file: Vec<&LayerTensors>,
) {
    for (target, source) in in_network.into_iter().zip(in_file) {
        for (role, &i) in &target.roles {
            sources[i] = source.roles.get(role).copied();
        }
    }
}

/// The problem of a file with a layer whose name says nothing of the order of layers.
fn unordered_name(
    layer: &str,
    names: &[&str],
    network: &[TensorShape],
    optional: &OptionalTensors,
) -> String {
    let is_missing = |t: &&TensorShape| {
        !optional.is_reinitialised(t)
            && !optional.may_be_missing(t)
            && !names.contains(&t.name.as_str())
    };
    let missing = match network.iter().find(is_missing) {
        Some(t) => format!("has no tensor \"{}\" {:?}, and ", t.name, t.shape),
        None => String::new(),
    };
    format!(
        "{missing}calls a layer \"{layer}\", which does not tell the layers' order: name them by \
         map = {{ \"{layer}\" = \"conv1\", … }}"
    )
}
