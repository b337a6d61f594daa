//! Trained weights that training starts from: reading safetensors files and matching their tensors
//! to those of a network.

use crate::pattern::{self, names};
use crate::shape::TensorShape;
use half::{bf16, f16};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

/// Trained weights to start from instead of random ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// BLAKE3 hash of the file, hexadecimal.
    pub hash: String,
    /// Names of layers in the file and their names in the network; a `*` in both stands for the
    /// same text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub map: BTreeMap<String, String>,
    /// Layers that are initialised randomly ([`crate::pattern`]); `None` for the head, if the file
    /// has none or one for other classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anew: Option<Vec<String>>,
}

/// A tensor of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The tensor's name.
    pub name: String,
    /// Its data type, such as `F32` or `F16`.
    pub dtype: String,
    /// Its dimensions.
    pub shape: Vec<u32>,
    /// Byte range of its values in the file.
    pub bytes: Range<usize>,
}

/// Which tensor of the file initialises which tensor of the network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignment {
    /// Pairs of indices: of the tensor in the file and in the network.
    pub pairs: Vec<(usize, usize)>,
    /// Layers of the network that are initialised randomly.
    pub anew: Vec<String>,
    /// Whether layers were matched by kind and order, because the names differ.
    pub by_order: bool,
}

#[derive(Deserialize)]
struct Header {
    dtype: String,
    shape: Vec<u32>,
    data_offsets: [usize; 2],
}

/// Lists the tensors of a safetensors file.
///
/// # Errors
///
/// The reason why it is not a valid one, phrased to follow the file's name.
pub fn read(file: &[u8]) -> Result<Vec<Held>, String> {
    if file.starts_with(b"PK") || file.starts_with(&[0x80]) && file.get(1).is_some_and(|&b| b < 8) {
        return Err("is a pickle of PyTorch: write it as safetensors by \
                    safetensors.torch.save_file(model.state_dict(), \"weights.safetensors\")"
            .into());
    }
    let none = || "is no safetensors file".to_string();
    let (length, rest) = file.split_first_chunk::<8>().ok_or_else(none)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| none())?;
    let (header, data) = rest.split_at_checked(length).ok_or_else(none)?;
    let header: BTreeMap<String, serde_json::Value> =
        serde_json::from_slice(header).map_err(|_| none())?;
    let mut held = Vec::new();
    for (name, value) in header
        .into_iter()
        .filter(|(name, _)| name != "__metadata__")
    {
        let Header {
            dtype,
            shape,
            data_offsets: [from, to],
        } = serde_json::from_value(value)
            .map_err(|e| format!("describes its tensor \"{name}\" wrongly: {e}"))?;
        if from > to || to > data.len() {
            return Err(format!(
                "is cut off: its tensor \"{name}\" ends behind the file"
            ));
        }
        held.push(Held {
            name,
            dtype,
            shape,
            bytes: 8 + length + from..8 + length + to,
        });
    }
    Ok(held)
}

impl Held {
    /// Reads the values of a tensor that [`read`] listed, converted to f32.
    ///
    /// # Errors
    ///
    /// If they are not floating-point numbers, or their number does not match the shape.
    pub fn values(&self, file: &[u8]) -> Result<Vec<f32>, String> {
        let bytes = file
            .get(self.bytes.clone())
            .ok_or_else(|| format!("has no \"{}\"", self.name))?;
        let values: Vec<f32> = match self.dtype.as_str() {
            "F32" => bytes
                .as_chunks()
                .0
                .iter()
                .map(|b| f32::from_le_bytes(*b))
                .collect(),
            "F64" => bytes
                .as_chunks()
                .0
                .iter()
                .map(|b| f64::from_le_bytes(*b) as f32)
                .collect(),
            "BF16" => bytes
                .as_chunks()
                .0
                .iter()
                .map(|b| bf16::from_le_bytes(*b).to_f32())
                .collect(),
            "F16" => bytes
                .as_chunks()
                .0
                .iter()
                .map(|b| f16::from_le_bytes(*b).to_f32())
                .collect(),
            other => {
                return Err(format!(
                    "has \"{}\" in {other}, which is no floating-point number",
                    self.name
                ));
            }
        };
        let expected = self
            .shape
            .iter()
            .try_fold(1usize, |n, &d| n.checked_mul(d as usize));
        match expected == Some(values.len()) {
            true => Ok(values),
            false => Err(format!(
                "has {} values in \"{}\" of shape {:?}",
                values.len(),
                self.name,
                self.shape
            )),
        }
    }

    fn is_floating(&self) -> bool {
        matches!(self.dtype.as_str(), "F32" | "F64" | "BF16" | "F16")
    }
}

/// Matches each tensor of `network` (in layer order) to one of the file: by name, by
/// `transfer.map`, or, if all names follow common patterns (`features.3`, `layer1.0.conv2`, `fc`),
/// by kind and order of the layers.
///
/// # Errors
///
/// Everything that does not fit, each phrased to follow the file's name.
pub fn assign(
    held: &[Held],
    network: &[TensorShape],
    transfer: &Transfer,
) -> Result<Assignment, Vec<String>> {
    let head = pattern::head(
        network
            .iter()
            .filter(|t| !t.statistic)
            .map(|t| (t.name.as_str(), t.shape.len())),
    );
    let anew = |name: &str| transfer.anew.iter().flatten().any(|p| names(p, name, head));
    let optional = |name: &str| transfer.anew.is_none() && names(pattern::HEAD, name, head);
    let mapped = |held: &Held| transfer.name(&held.name);
    let by_name: HashMap<String, usize> = held
        .iter()
        .enumerate()
        .map(|(i, h)| (mapped(h), i))
        .collect();
    let is_there =
        |t: &TensorShape| anew(&t.name) || optional(&t.name) || by_name.contains_key(&t.name);
    let by_order = !network.iter().all(is_there) && transfer.map.is_empty();
    let places = match by_order {
        true => order::places(held, network, &anew, &optional)?,
        false => network
            .iter()
            .map(|t| by_name.get(&t.name).copied())
            .collect(),
    };
    let mut problems = Vec::new();
    let mut found = Assignment {
        by_order,
        ..Assignment::default()
    };
    let other_classes = |place: Option<usize>, t: &TensorShape| {
        optional(&t.name)
            && place.is_none_or(|i| {
                held[i].shape.get(1..) == t.shape.get(1..) && held[i].shape != t.shape
            })
    };
    let replaces_head = places
        .iter()
        .zip(network)
        .any(|(place, t)| other_classes(*place, t));
    for (i, (place, t)) in places.into_iter().zip(network).enumerate() {
        if anew(&t.name) || (replaces_head && optional(&t.name)) {
            let layer = pattern::layer_of(&t.name).to_string();
            if !found.anew.contains(&layer) {
                found.anew.push(layer);
            }
            continue;
        }
        let Some(place) = place else {
            problems.push(format!(
                "has no tensor for \"{}\" {:?} of the network",
                t.name, t.shape
            ));
            continue;
        };
        let held = &held[place];
        if held.shape != t.shape {
            let (name, shape) = (&held.name, &held.shape);
            problems.push(format!(
                "has \"{name}\" in the shape {shape:?}, the network has \"{}\" {:?}",
                t.name, t.shape
            ));
        } else if !held.is_floating() {
            problems.push(format!(
                "has \"{}\" in {}, which is no floating-point number",
                held.name, held.dtype
            ));
        }
        found.pairs.push((place, i));
    }
    problems.extend(left_over(held, network, &found));
    if problems.is_empty() {
        Ok(found)
    } else {
        Err(problems)
    }
}

/// Tensors that the file's layer has but the network's layer does not use.
fn left_over(held: &[Held], network: &[TensorShape], found: &Assignment) -> Vec<String> {
    let layers: HashMap<&str, &str> = found
        .pairs
        .iter()
        .map(|&(theirs, ours)| {
            (
                pattern::layer_of(&held[theirs].name),
                pattern::layer_of(&network[ours].name),
            )
        })
        .collect();
    let used: HashSet<usize> = found.pairs.iter().map(|(theirs, _)| *theirs).collect();
    let unused = held
        .iter()
        .enumerate()
        .filter(|(i, h)| h.is_floating() && !used.contains(i));
    unused
        .filter_map(|(_, h)| {
            let ours = layers.get(pattern::layer_of(&h.name))?;
            Some(format!(
                "has \"{}\" {:?}, for which the network's \"{ours}\" has no place",
                h.name, h.shape
            ))
        })
        .collect()
}

impl Transfer {
    /// The network's name for the file's tensor `name`: by the rule for exactly its layer, or else
    /// by the longest rule that matches.
    fn name(&self, name: &str) -> String {
        let Some((layer, role)) = name.rsplit_once('.') else {
            return name.to_string();
        };
        let rule = match self.map.get_key_value(layer) {
            Some(exact) => Some(exact),
            None => self
                .map
                .iter()
                .filter(|(p, _)| pattern::matches(p, layer))
                .max_by_key(|(p, _)| p.len()),
        };
        let Some((pattern, target)) = rule else {
            return name.to_string();
        };
        let any = pattern.split_once('*').map_or("", |(before, behind)| {
            layer
                .strip_prefix(before)
                .and_then(|l| l.strip_suffix(behind))
                .unwrap_or_default()
        });
        format!("{}.{role}", target.replacen('*', any, 1))
    }
}

mod order {
    //! Matching layers by kind and order.

    use super::*;

    /// Words used in layer names whose order is that of the layers.
    const WORDS: [&str; 19] = [
        "",
        "conv",
        "bn",
        "norm",
        "fc",
        "linear",
        "dense",
        "lin",
        "layer",
        "block",
        "stage",
        "features",
        "classifier",
        "downsample",
        "shortcut",
        "module",
        "model",
        "net",
        "prelu",
    ];

    /// A layer with the indices of its tensors.
    #[derive(Debug)]
    struct Unit<'a> {
        layer: &'a str,
        roles: BTreeMap<&'a str, usize>,
        dimensions: usize,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Sort {
        Convolution,
        Dense,
        Norm,
        Slope,
        Other,
    }

    impl Unit<'_> {
        fn sort(&self) -> Sort {
            match (self.dimensions, self.roles.contains_key("bias")) {
                (4, _) => Sort::Convolution,
                (2, _) => Sort::Dense,
                (1, true) => Sort::Norm,
                (1, false) => Sort::Slope,
                _ => Sort::Other,
            }
        }
    }

    fn units<'a>(tensors: impl Iterator<Item = (&'a str, usize)>) -> Vec<Unit<'a>> {
        let mut units: Vec<Unit<'a>> = Vec::new();
        let mut known: HashMap<(&str, bool), usize> = HashMap::new();
        for (i, (name, dimensions)) in tensors.enumerate() {
            let (layer, role) = name.rsplit_once('.').unwrap_or(("", name));
            // A slope is a layer of its own in PyTorch.
            let slope = role == "slope";
            let place = *known.entry((layer, slope)).or_insert_with(|| {
                units.push(Unit {
                    layer,
                    roles: BTreeMap::new(),
                    dimensions: 0,
                });
                units.len() - 1
            });
            units[place]
                .roles
                .insert(if slope { "weight" } else { role }, i);
            if slope || role == "weight" {
                units[place].dimensions = dimensions;
            }
        }
        units
    }

    fn is_usual(layer: &str) -> bool {
        layer
            .split('.')
            .all(|part| WORDS.contains(&part.trim_end_matches(|c: char| c.is_ascii_digit())))
    }

    /// Compares numbers within names by value.
    fn natural(a: &str, b: &str) -> Ordering {
        let split = |part: &str| {
            let word = part.trim_end_matches(|c: char| c.is_ascii_digit());
            (
                word.to_string(),
                part[word.len()..].parse::<u64>().unwrap_or(0),
            )
        };
        a.split('.').map(split).cmp(b.split('.').map(split))
    }

    pub(super) fn places(
        held: &[Held],
        network: &[TensorShape],
        anew: &dyn Fn(&str) -> bool,
        optional: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<Option<usize>>, Vec<String>> {
        let floating = held.iter().map(|h| {
            (
                h.name.as_str(),
                if h.is_floating() {
                    h.shape.len()
                } else {
                    usize::MAX
                },
            )
        });
        let mut theirs = units(floating);
        theirs.retain(|u| u.roles.contains_key("weight"));
        if let Some(strange) = theirs.iter().find(|u| !is_usual(u.layer)) {
            let missing = network.iter().find(|t| {
                !anew(&t.name) && !optional(&t.name) && !held.iter().any(|h| h.name == t.name)
            });
            let missing = missing.map_or(String::new(), |t| {
                format!("has no tensor \"{}\" {:?}, and ", t.name, t.shape)
            });
            let strange = strange.layer;
            return Err(vec![format!(
                "{missing}calls a layer \"{strange}\", which does not tell the layers' order: name them by \
                 map = {{ \"{strange}\" = \"conv1\", … }}"
            )]);
        }
        theirs.sort_by(|a, b| natural(a.layer, b.layer));
        let ours = units(network.iter().map(|t| (t.name.as_str(), t.shape.len())));
        let mut places = vec![None; network.len()];
        let mut problems = Vec::new();
        for (sort, what) in [
            (Sort::Convolution, "convolutions"),
            (Sort::Dense, "dense layers"),
            (Sort::Norm, "norms"),
            (Sort::Slope, "PReLU layers"),
            (Sort::Other, "layers of other kinds"),
        ] {
            let theirs: Vec<&Unit> = theirs.iter().filter(|u| u.sort() == sort).collect();
            let all: Vec<&Unit> = ours.iter().filter(|u| u.sort() == sort).collect();
            let is_new = |u: &&&Unit| u.roles.values().all(|&i| anew(&network[i].name));
            let may_miss = |u: &&&Unit| {
                u.roles
                    .values()
                    .all(|&i| anew(&network[i].name) || optional(&network[i].name))
            };
            let needed: Vec<&Unit> = all
                .iter()
                .filter(|u| !is_new(u) && !may_miss(u))
                .copied()
                .collect();
            let matched = match (theirs.len(), sort) {
                _ if needed.is_empty() && theirs.len() != all.len() => continue,
                (n, _) if n == all.len() => all,
                (n, _) if n == needed.len() => needed,
                (n, _) => {
                    let count = all.len();
                    problems.push(format!(
                        "has {n} {what} where the network has {count}: name layers by `map`"
                    ));
                    continue;
                }
            };
            for (ours, theirs) in matched.into_iter().zip(theirs) {
                for (role, &i) in &ours.roles {
                    places[i] = theirs.roles.get(role).copied();
                }
            }
        }
        if problems.is_empty() {
            Ok(places)
        } else {
            Err(problems)
        }
    }
}

#[cfg(test)]
mod tests;
