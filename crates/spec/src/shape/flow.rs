//! What reaches a layer: a shape, and how its positions lie in the image.

use super::dims::Shape;

/// What reaches a layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flow {
    pub shape: Shape,
    /// Receptive field of one position, `[vertical, horizontal]` in input pixels.
    pub field: [f64; 2],
    /// Step between neighbouring positions in input pixels.
    pub step: [f64; 2],
}

impl Flow {
    /// The images themselves.
    pub(super) fn of_input(shape: Shape) -> Flow {
        Flow {
            shape,
            field: [1.0; 2],
            step: [1.0; 2],
        }
    }

    /// Extends the receptive field of each position by `steps` steps.
    pub(super) fn widen(&mut self, dimension: usize, steps: f64) {
        self.field[dimension] += steps * self.step[dimension];
    }

    /// Extends the receptive field of each position to all of the plane.
    pub(super) fn widen_to_plane(&mut self, size: [u32; 2]) {
        for dimension in [0, 1] {
            self.widen(dimension, f64::from(size[dimension] - 1));
        }
    }
}
