//! Images in blocks, with the zero border that a pass reads.

use crate::buffer::Buffer;
use crate::conv::shape::ConvShape;
use crate::conv::windows::{Border, add_border};

/// Images in blocks, with the zero border that a pass reads. Only the images before `end` are read.
pub(crate) struct BorderedImages<'a> {
    values: &'a [f32],
    size: [usize; 2],
    channels: usize,
    border: Border,
    block: usize,
    scratch: Buffer,
}

impl<'a> BorderedImages<'a> {
    pub(crate) fn new(
        values: &'a [f32],
        size: [usize; 2],
        channels: usize,
        border: Border,
        block: usize,
        end: usize,
    ) -> Self {
        let values = &values[..end * size[0] * size[1] * channels];
        let plain = border.size == size;
        let scratch = Buffer::new(if plain {
            0
        } else {
            block * border.values(channels)
        });
        BorderedImages {
            values,
            size,
            channels,
            border,
            block,
            scratch,
        }
    }

    /// Address of the bordered images of the block that starts with image `first`, and their
    /// number.
    pub(crate) fn block_from(&mut self, first: usize) -> (*const f32, usize) {
        let image = self.size[0] * self.size[1] * self.channels;
        let rest = &self.values[first * image..];
        let images = &rest[..rest.len().min(self.block * image)];
        let count = images.len() / image;
        if self.border.size == self.size {
            return (images.as_ptr(), count);
        }
        let bordered = self.border.values(self.channels);
        let scratch = &mut self.scratch[..count * bordered];
        add_border(images, self.size, self.channels, &self.border, scratch);
        (scratch.as_ptr(), count)
    }
}

/// Images that are processed together: enough pixels that reading the weights is cheap in
/// comparison.
pub(crate) fn image_block(shape: &ConvShape, [rows, columns]: [usize; 2]) -> usize {
    128_usize
        .div_ceil(rows * columns)
        .clamp(1, shape.images.max(1))
}
