//! How the gradients of weights and bias are accumulated.

use crate::conv::depthwise;
use crate::conv::pack::{PassDirection, unpack};
use crate::conv::shape::ConvShape;
use crate::conv::windows::WindowSet;
use crate::matrix::{OuterFactors, OuterTarget, outer};
use crate::simd::{PANEL, Vector};

/// Accumulates the gradients of weights and bias.
pub(crate) struct WeightSums<'a> {
    pub shape: &'a ConvShape,
    pub windows: WindowSet,
    /// Offset in a window of each row of the weights; the rows are taps × channels of a group.
    pub offsets: Vec<usize>,
}

impl<'a> WeightSums<'a> {
    pub(crate) fn new(shape: &'a ConvShape, windows: WindowSet) -> Self {
        let offsets = windows
            .taps
            .iter()
            .flat_map(|t| (0..windows.run).map(move |k| t + k))
            .collect();
        WeightSums {
            shape,
            windows,
            offsets,
        }
    }

    /// Adds some pixels to the packed weight gradient and, unless `bias` is empty, to the bias
    /// gradient.
    #[inline(always)]
    pub(crate) unsafe fn add<V: Vector>(
        &self,
        x: *const f32,
        gradient: &[f32],
        pixels: usize,
        packed: &mut [f32],
        bias: &mut [f32],
    ) {
        let (run, columns) = PassDirection::Forward.sizes(self.shape);
        let (width, rows) = (PANEL, self.offsets.len());
        let (inputs, grads) = (
            &self.windows.inputs[..pixels],
            &self.windows.outputs[..pixels],
        );
        let pixels = OuterFactors {
            x,
            inputs,
            g: gradient.as_ptr(),
            grads,
        };
        let bias = if bias.is_empty() {
            std::ptr::null_mut()
        } else {
            bias.as_mut_ptr()
        };
        if depthwise::is_depthwise(self.shape) {
            let (taps, channels) = (&self.windows.taps, self.shape.channels);
            return depthwise::accumulate_weights::<V>(
                pixels,
                taps,
                channels,
                packed.as_mut_ptr(),
                bias,
            );
        }
        for group in 0..self.shape.groups {
            let c = packed
                .as_mut_ptr()
                .add(group * columns.div_ceil(width) * rows * width);
            let pixels = OuterFactors {
                x: pixels.x.add(group * run),
                g: pixels.g.add(group * columns),
                ..pixels
            };
            let right = if bias.is_null() {
                bias
            } else {
                bias.add(group * columns)
            };
            outer::<V>(
                pixels,
                &self.offsets,
                columns,
                OuterTarget {
                    c,
                    row: width,
                    panel: rows * width,
                    right,
                },
            );
        }
    }

    #[inline(always)]
    pub(crate) unsafe fn weights<V: Vector>(&self, packed: &[f32]) -> Vec<f32> {
        let mut weight = vec![0.0; self.shape.weight_len()];
        unpack::<V>(self.shape, &self.windows.kernel, packed, &mut weight);
        weight
    }
}
