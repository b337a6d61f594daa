//! Weights of a file in the place of drawn ones.

use crate::network::{Named, Network};
use convsweep_spec::shape::TensorShape;
use convsweep_spec::weights::{Transfer, assign, read};
use std::collections::HashMap;

impl Network {
    /// Names and shapes of its tensors, in the order of [`Network::tensors`].
    pub fn shapes(&self) -> Vec<TensorShape> {
        let shape = |(t, statistic): (&Named, bool)| {
            let shape = t
                .shape
                .iter()
                .map(|&n| u32::try_from(n).unwrap_or(u32::MAX))
                .collect();
            TensorShape {
                name: t.name.clone(),
                shape,
                statistic,
            }
        };
        let trained = self.parameters.iter().map(|t| (t, false));
        trained
            .chain(self.statistics.iter().map(|t| (t, true)))
            .map(shape)
            .collect()
    }

    /// Takes over the weights of a safetensors file as `transfer` says; layers that start anew keep
    /// theirs.
    ///
    /// # Errors
    /// What does not fit, as the rest of a sentence after the file's name; nothing is changed then.
    pub fn take_over(&mut self, file: &[u8], transfer: &Transfer) -> Result<(), String> {
        let (held, tensors) = (read(file)?, self.shapes());
        let found = assign(&held, &tensors, transfer).map_err(|problems| problems.join("; "))?;
        let mut values: HashMap<&str, Vec<f32>> = HashMap::new();
        for (theirs, ours) in found.pairs {
            values.insert(&tensors[ours].name, held[theirs].values(file)?);
        }
        let own: HashMap<String, Vec<f32>> = self
            .tensors()
            .filter(|t| !values.contains_key(t.name.as_str()))
            .map(|t| (t.name.clone(), t.values()))
            .collect();
        let find = |name: &str| values.get(name).or_else(|| own.get(name)).cloned();
        self.restore(&find).map_err(|error| error.to_string())
    }
}
