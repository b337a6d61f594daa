//! Weights from a file in place of the initial ones.

use crate::network::{Named, Network};
use convsweep_spec::shape::TensorShape;
use convsweep_weights::{Transfer, WeightFile, assign};

impl Network {
    /// Names and shapes of its tensors, in the order of [`Network::tensors`].
    pub fn shapes(&self) -> Vec<TensorShape> {
        let parameters = self.parameters.iter().map(|tensor| shape_of(tensor, false));
        let statistics = self.statistics.iter().map(|tensor| shape_of(tensor, true));
        parameters.chain(statistics).collect()
    }

    /// Takes over the weights of a file of trained weights as `transfer` describes. Other layers
    /// keep theirs.
    ///
    /// # Errors
    /// What does not fit, as the rest of a sentence after the file's name; nothing is changed then.
    pub fn take_over(&mut self, file: &[u8], transfer: &Transfer) -> Result<(), String> {
        let (held, tensors) = (WeightFile::read(file)?, self.shapes());
        let found = assign(&held.tensors, &tensors, transfer);
        let found = found.map_err(|problems| problems.join("; "))?;
        let mut values = self.values_by_name();
        for (theirs, ours) in found.pairs {
            values.insert(tensors[ours].name.clone(), held.values(theirs)?);
        }
        let find = |name: &str| values.get(name).cloned();
        self.restore(&find).map_err(|error| error.to_string())
    }
}

fn shape_of(tensor: &Named, statistic: bool) -> TensorShape {
    let dimensions = tensor.shape.iter();
    TensorShape {
        name: tensor.name.clone(),
        shape: dimensions
            .map(|&n| u32::try_from(n).unwrap_or(u32::MAX))
            .collect(),
        statistic,
    }
}
