//! The layers of a file by name.

use crate::file_tensor::FileTensor;
use crate::matching::short_names;
use std::collections::HashMap;

/// Shapes of the tensors of a file by their names without prefixes.
pub(super) struct Layers<'a> {
    shapes: HashMap<&'a str, &'a [u32]>,
}

impl<'a> Layers<'a> {
    pub(super) fn of(tensors: &'a [FileTensor]) -> Layers<'a> {
        let names = short_names(tensors);
        let shapes = tensors.iter().map(|tensor| tensor.shape.as_slice());
        Layers {
            shapes: names.into_iter().zip(shapes).collect(),
        }
    }

    /// Shape of the tensor `name`.
    pub(super) fn shape(&self, name: &str) -> Option<&'a [u32]> {
        self.shapes.get(name).copied()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.shapes.contains_key(name)
    }

    /// Number of classes, by the weight of the head, the first of these layers that is there.
    pub(super) fn classes(&self, heads: &[&str]) -> Option<u32> {
        let weight = |head: &&str| self.shape(&format!("{head}.weight"));
        heads.iter().find_map(weight)?.first().copied()
    }

    /// How many modules `first`, `first + 1`, … there are, where `name(i)` has a tensor.
    pub(super) fn run(&self, first: u32, name: impl Fn(u32) -> String) -> u32 {
        let mut count = 0;
        while count < 1000 && self.has(&name(first + count)) {
            count += 1;
        }
        count
    }

    /// Filters of the convolutions `PREFIX.N.weight`, in their order.
    pub(super) fn filters(&self, prefix: &str) -> Vec<u32> {
        let mut found = Vec::new();
        for (name, shape) in &self.shapes {
            let inner = name.strip_prefix(prefix);
            let number = inner.and_then(|rest| rest.strip_suffix(".weight"));
            let number: Option<u32> = number.and_then(|number| number.parse().ok());
            if let (Some(number), [filters, _, 3, 3]) = (number, *shape) {
                found.push((number, *filters));
            }
        }
        found.sort_unstable();
        found.into_iter().map(|(_, filters)| filters).collect()
    }
}
