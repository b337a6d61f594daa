//! The moments of a convolution's output, computed while the output is still in the caches.

use super::packed_conv::PackedConv;
use crate::buffer::Buffer;
use crate::conv::parts::OutputPointers;
use crate::matrix::Finish;
use crate::norm::{accumulate_moments, moments_chunk_rows};
use crate::simd::Vector;

/// A forward pass that also computes the moments of its output.
pub(crate) struct ConvMoments<'a> {
    conv: PackedConv<'a>,
    /// Pixels of an image.
    pixels: usize,
    /// Pixels that are processed together, unless images are smaller: enough that reading the
    /// weights is cheap in comparison.
    strip: usize,
    to: OutputPointers,
    /// Holds outputs until their moments are computed and they are stored past the caches; empty if
    /// they are not.
    scratch: Buffer,
}

impl<'a> ConvMoments<'a> {
    pub(crate) fn new(conv: &PackedConv<'a>, pixels: usize, to: OutputPointers) -> Self {
        let filters = conv.shape.filters;
        let strip = 128_usize.next_multiple_of(moments_chunk_rows(filters));
        let scratch = Buffer::new(if conv.finish.stream {
            strip.min(pixels) * filters
        } else {
            0
        });
        let conv = PackedConv {
            finish: Finish {
                stream: false,
                ..conv.finish
            },
            ..*conv
        };
        ConvMoments {
            conv,
            pixels,
            strip,
            to,
            scratch,
        }
    }

    /// Computes `count` images from `first` on, whose output starts at `y`.
    #[inline(always)]
    pub(crate) unsafe fn compute<V: Vector>(
        &mut self,
        x: *const f32,
        [first, count]: [usize; 2],
        y: *mut f32,
    ) {
        let (filters, pixels) = (self.conv.shape.filters, self.pixels);
        let stream = !self.scratch.is_empty();
        let at_once = count > 1 && !stream;
        if at_once {
            self.conv.compute::<V>(x, 0..count * pixels, y);
        }
        for i in 0..count {
            let moments = &mut *self.to.moments.add(first + i);
            moments.resize(filters, [0.0; 2]);
            for at in (0..pixels).step_by(self.strip) {
                let (n, start) = (self.strip.min(pixels - at), i * pixels + at);
                let y = y.add(start * filters);
                let (part, to) = if stream {
                    (self.scratch.as_mut_ptr(), y)
                } else {
                    (y, std::ptr::null_mut())
                };
                if !at_once {
                    self.conv.compute::<V>(x, start..start + n, part);
                }
                accumulate_moments::<V>((part, to), [at, n], filters, moments);
            }
        }
    }
}
