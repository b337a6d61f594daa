//! The input gradient of the direct method.

use super::bordered_images::BorderedImages;
use super::packed_conv::PackedConv;
use crate::conv::pack::{PassDirection, pack, packed_len};
use crate::conv::shape::ConvShape;
use crate::conv::windows::{Border, WindowSet, backward_border, backward_window_sets};
use crate::matrix::Finish;
use crate::simd::Vector;

/// The input gradient: one pass over the bordered output gradient for each phase of the stride.
pub(crate) struct InputGradient<'a> {
    shape: &'a ConvShape,
    used: [usize; 2],
    border: Border,
    passes: Vec<(WindowSet, Vec<f32>)>,
}

impl<'a> InputGradient<'a> {
    #[inline(always)]
    pub(crate) unsafe fn new<V: Vector>(
        shape: &'a ConvShape,
        weight: &[f32],
        used: [usize; 2],
        block: usize,
    ) -> Self {
        let border = backward_border(shape, used);
        let image = shape.input[0] * shape.input[1] * shape.channels;
        let direction = PassDirection::Backward;
        let mut passes = Vec::new();
        for windows in backward_window_sets(shape, &border) {
            let mut packed = vec![0.0; packed_len(shape, direction, windows.kernel.len())];
            pack::<V>(shape, direction, &windows.kernel, weight, &mut packed);
            let windows = windows.repeat(block, border.values(shape.filters), image);
            passes.push((windows, packed));
        }
        InputGradient {
            shape,
            used,
            border,
            passes,
        }
    }

    #[inline(always)]
    pub(crate) unsafe fn compute<V: Vector>(
        &self,
        gradient: &[f32],
        dx: *mut f32,
        count: usize,
        finish: Finish,
    ) {
        let shape = self.shape;
        let mut images = BorderedImages::new(
            gradient,
            self.used,
            shape.filters,
            self.border,
            count,
            count,
        );
        let (g, _) = images.block_from(0);
        for (windows, packed) in &self.passes {
            let pixels = 0..count * windows.per_image;
            PackedConv {
                shape,
                direction: PassDirection::Backward,
                windows,
                packed,
                finish,
            }
            .compute::<V>(g, pixels, dx);
        }
    }
}
