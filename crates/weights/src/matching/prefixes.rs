//! Prefixes of names that say nothing of the network: those of wrappers around it.

use crate::file_tensor::FileTensor;
use convsweep_spec::pattern::layer_of;
use std::collections::HashSet;

/// Names that training scripts and libraries give a whole network inside another module.
const PREFIXES: [&str; 8] = [
    "module.",
    "_orig_mod.",
    "model.",
    "backbone.",
    "encoder.",
    "network.",
    "net.",
    "trunk.",
];
/// Most prefixes of one name.
const DEEPEST: usize = 4;
/// Most layers that lie beside the wrapped network: the head.
const MOST_BESIDE: usize = 2;

/// The names of tensors without such prefixes. A prefix counts where all layers have it, but for at
/// most two, and where names without it differ.
pub(crate) fn short_names(tensors: &[FileTensor]) -> Vec<&str> {
    let mut names: Vec<&str> = tensors.iter().map(|tensor| tensor.name.as_str()).collect();
    for _ in 0..DEEPEST {
        let shorter = PREFIXES.iter().find_map(|prefix| shorten(&names, prefix));
        match shorter {
            Some(shorter) => names = shorter,
            None => break,
        }
    }
    names
}

fn shorten<'a>(names: &[&'a str], prefix: &str) -> Option<Vec<&'a str>> {
    let (within, beside): (Vec<&str>, Vec<&str>) =
        names.iter().partition(|name| name.starts_with(prefix));
    let layers = |names: &[&'a str]| -> HashSet<&'a str> {
        names.iter().map(|name| layer_of(name)).collect()
    };
    let (within, beside) = (layers(&within).len(), layers(&beside).len());
    if within == 0 || beside > MOST_BESIDE.min(within - 1) {
        return None;
    }
    let strip = |name: &&'a str| name.strip_prefix(prefix).unwrap_or(name);
    let shorter: Vec<&str> = names.iter().map(strip).collect();
    let distinct: HashSet<&&str> = shorter.iter().collect();
    (distinct.len() == shorter.len()).then_some(shorter)
}
