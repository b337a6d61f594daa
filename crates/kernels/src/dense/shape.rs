//! The sizes of a dense layer.

use crate::threads;

/// Sizes of a dense layer: `x` is `[rows, features]`, the weights are `[units, features]` and the
/// output is `[rows, units]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DenseShape {
    /// Images of the batch.
    pub rows: usize,
    /// Input features.
    pub features: usize,
    /// Output units.
    pub units: usize,
}

impl DenseShape {
    /// Number of tasks for `count` columns: one if threads would spend more time waiting for each
    /// other than computing.
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
