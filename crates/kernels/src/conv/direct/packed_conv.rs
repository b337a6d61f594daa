//! A convolution with packed weights, in one direction.

use crate::conv::depthwise;
use crate::conv::pack::PassDirection;
use crate::conv::shape::ConvShape;
use crate::conv::windows::WindowSet;
use crate::matrix::{DotsTarget, Finish, LeftRows, dots};
use crate::simd::{PANEL, Vector};

/// A convolution in one direction, with its packed weights.
#[derive(Clone, Copy)]
pub(crate) struct PackedConv<'a> {
    pub shape: &'a ConvShape,
    pub direction: PassDirection,
    pub windows: &'a WindowSet,
    pub packed: &'a [f32],
    pub finish: Finish,
}

impl PackedConv<'_> {
    /// Computes some pixels of the window set. The first of them is stored at `y`.
    #[inline(always)]
    pub(crate) unsafe fn compute<V: Vector>(
        &self,
        x: *const f32,
        pixels: std::ops::Range<usize>,
        y: *mut f32,
    ) {
        let (run, columns) = self.direction.sizes(self.shape);
        let (outputs, inputs) = (
            &self.windows.outputs[..pixels.len()],
            &self.windows.inputs[pixels],
        );
        if depthwise::is_depthwise(self.shape) {
            let (channels, packed) = (self.shape.channels, self.packed.as_ptr());
            let taps = self.windows.taps.as_slice();
            return depthwise::forward::<V>(
                x,
                [inputs, taps],
                packed,
                channels,
                self.finish,
                y,
                outputs,
            );
        }
        let rows = LeftRows {
            inputs,
            taps: &self.windows.taps,
            run: self.windows.run,
            new_values: run,
        };
        let panels = columns.div_ceil(PANEL) * PANEL;
        for group in 0..self.shape.groups {
            let finish = match self.finish.bias.is_null() {
                true => self.finish,
                false => Finish {
                    bias: self.finish.bias.add(group * columns),
                    ..self.finish
                },
            };
            let packed = self.packed.as_ptr().add(group * panels * rows.len());
            let target = DotsTarget {
                y: y.add(group * columns),
                outputs,
                panel: PANEL,
            };
            dots::<V>(x.add(group * run), rows, packed, columns, finish, target);
        }
    }
}

/// Channels between addresses at which vectors start: those of one group, because vectors do not
/// cross groups.
pub(crate) fn vector_channels(shape: &ConvShape, channels: usize) -> usize {
    if depthwise::is_depthwise(shape) {
        channels
    } else {
        channels / shape.groups
    }
}
