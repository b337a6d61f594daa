//! Sizes of a dense layer.

use crate::threads;

/// Sizes of a dense layer: `x` is `[rows, features]`, the weights are `[units, features]`, the
/// output is `[rows, units]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DenseShape {
    /// Images of the batch.
    pub rows: usize,
    /// Inputs.
    pub features: usize,
    /// Outputs.
    pub units: usize,
}

impl DenseShape {
    /// Tasks that `count` columns are cut into: one where threads would wait for each other longer
    /// than they compute.
    pub(crate) fn tasks(&self, count: usize) -> usize {
        if self.rows * self.features * self.units < 1 << 20 {
            1
        } else {
            threads::task_count(count)
        }
    }

    pub(crate) fn check(&self, x: &[f32], weight: &[f32]) {
        assert!(
            self.features > 0 && self.units > 0,
            "a size of zero in {self:?}"
        );
        assert_eq!(x.len(), self.rows * self.features, "input of {self:?}");
        assert_eq!(
            weight.len(),
            self.units * self.features,
            "weights of {self:?}"
        );
    }
}
