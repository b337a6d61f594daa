//! Resizing with a triangle filter: bilinear, and wider where the image shrinks, so that nothing
//! aliases.
//!
//! The result is bit for bit that of `image::imageops::resize`, with which older image sets were
//! decoded; tests compare the two. Here each row of the result is finished before the next one is
//! begun, so that nothing as large as the image is held besides it.

use convsweep_kernels::weighted_rows;
use image::DynamicImage;

/// A rectangle of an image of bytes.
#[derive(Clone, Copy)]
pub(super) struct Region<'a> {
    /// Pixels from the first one of the rectangle on, row by row, their channels side by side.
    bytes: &'a [u8],
    /// Bytes of a row of the image.
    stride: usize,
    channels: usize,
    width: u32,
    height: u32,
}

impl Region<'_> {
    /// A whole image of 8 bits for each channel.
    pub(super) fn of(image: &DynamicImage) -> Region<'_> {
        let channels = usize::from(image.color().channel_count());
        Region {
            bytes: image.as_bytes(),
            stride: image.width() as usize * channels,
            channels,
            width: image.width(),
            height: image.height(),
        }
    }

    /// The rectangle of this size in the middle.
    pub(super) fn middle(self, width: u32, height: u32) -> Self {
        let (left, top) = ((self.width - width) / 2, (self.height - height) / 2);
        let first = top as usize * self.stride + left as usize * self.channels;
        Region {
            bytes: &self.bytes[first..],
            width,
            height,
            ..self
        }
    }

    /// The pixels in another size, row by row, their channels side by side.
    pub(super) fn resized(self, width: u32, height: u32) -> Vec<u8> {
        let row_bytes = width as usize * self.channels;
        let mut out = vec![0; height as usize * row_bytes];
        let mut stretched = vec![0.0; self.width as usize * self.channels];
        let columns = AxisTaps::of_axis(self.width, width);
        let rows = AxisTaps::of_axis(self.height, height);
        for (taps, out) in rows.iter().zip(out.chunks_exact_mut(row_bytes)) {
            let bytes = &self.bytes[taps.first * self.stride..];
            weighted_rows(bytes, self.stride, &taps.weights, &mut stretched);
            match self.channels {
                1 => gather::<1>(&stretched, &columns, out),
                _ => gather::<3>(&stretched, &columns, out),
            }
        }
        out
    }
}

/// The pixels along an axis that make up one pixel of the result.
struct AxisTaps {
    first: usize,
    /// Of the first pixel and those behind it; their sum is 1.
    weights: Vec<f32>,
}

impl AxisTaps {
    /// Those of every pixel along an axis that is brought from one length to another.
    fn of_axis(from: u32, to: u32) -> Vec<AxisTaps> {
        let ratio = from as f32 / to as f32;
        let support = ratio.max(1.0);
        let taps = |position: u32| {
            let centre = (position as f32 + 0.5) * ratio;
            let first = ((centre - support).floor() as i64).clamp(0, i64::from(from) - 1);
            let end = ((centre + support).ceil() as i64).clamp(first + 1, i64::from(from));
            // Pixels have their centres at half numbers.
            let centre = centre - 0.5;
            let triangle = |i: i64| (1.0 - ((i as f32 - centre) / support).abs()).max(0.0);
            let mut weights: Vec<f32> = (first..end).map(triangle).collect();
            let sum = weights.iter().fold(0.0, |sum, weight| sum + weight);
            weights.iter_mut().for_each(|weight| *weight /= sum);
            let first = first as usize;
            AxisTaps { first, weights }
        };
        (0..to).map(taps).collect()
    }
}

/// Brings a row of pixels to its new width.
fn gather<const CHANNELS: usize>(row: &[f32], columns: &[AxisTaps], out: &mut [u8]) {
    let (pixels, _) = row.as_chunks::<CHANNELS>();
    let (out, _) = out.as_chunks_mut::<CHANNELS>();
    for (taps, out) in columns.iter().zip(out) {
        let mut sums = [0.0; CHANNELS];
        for (pixel, weight) in pixels[taps.first..].iter().zip(&taps.weights) {
            for (sum, value) in sums.iter_mut().zip(pixel) {
                *sum += value * weight;
            }
        }
        *out = sums.map(|sum| sum.clamp(0.0, 255.0).round() as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::imageops::{FilterType, crop_imm, resize};
    use image::{GrayImage, RgbImage};

    /// Reproducible numbers below a bound.
    fn numbers(mut state: u64) -> impl FnMut(u32) -> u32 {
        move |below| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            ((state >> 33) % u64::from(below)) as u32
        }
    }

    /// Noise, flat patches and extreme values.
    fn pixels(
        width: u32,
        height: u32,
        channels: u32,
        next: &mut impl FnMut(u32) -> u32,
    ) -> Vec<u8> {
        let mut bytes = vec![0; (width * height * channels) as usize];
        for chunk in bytes.chunks_mut(1 + next(300) as usize) {
            match next(4) {
                0 => chunk.fill([0, 255][next(2) as usize]),
                _ => chunk.fill_with(|| next(256) as u8),
            }
        }
        bytes
    }

    #[test]
    fn every_byte_is_that_of_the_image_crate() {
        let mut next = numbers(17);
        for case in 0..600 {
            let longest = [4, 40, 300, 1700][case % 4];
            let (width, height) = (1 + next(longest), 1 + next(longest));
            let (to_width, to_height) = (1 + next(130), 1 + next(130));
            let (cut_width, cut_height) = (1 + next(width), 1 + next(height));
            let (left, top) = ((width - cut_width) / 2, (height - cut_height) / 2);
            let bytes = pixels(width, height, 3, &mut next);
            let what =
                format!("{width}×{height}, {cut_width}×{cut_height} → {to_width}×{to_height}");
            let cut = |image: &DynamicImage| {
                let middle = Region::of(image).middle(cut_width, cut_height);
                middle.resized(to_width, to_height)
            };
            let grey = bytes[..(width * height) as usize].to_vec();
            let grey = GrayImage::from_raw(width, height, grey).expect("an image");
            let expected = crop_imm(&grey, left, top, cut_width, cut_height).to_image();
            let expected = resize(&expected, to_width, to_height, FilterType::Triangle);
            assert!(cut(&grey.into()) == expected.into_raw(), "grey, {what}");
            let colour = RgbImage::from_raw(width, height, bytes).expect("an image");
            let expected = crop_imm(&colour, left, top, cut_width, cut_height).to_image();
            let expected = resize(&expected, to_width, to_height, FilterType::Triangle);
            assert!(cut(&colour.into()) == expected.into_raw(), "colour, {what}");
        }
    }

    #[test]
    fn very_long_sides_are_resized_alike() {
        for (width, height, to_width, to_height) in
            [(1_000_003, 1, 64, 2), (2, 300_007, 3, 33), (1, 1, 64, 64)]
        {
            let bytes = pixels(width, height, 1, &mut numbers(3));
            let image = GrayImage::from_raw(width, height, bytes).expect("an image");
            let expected = resize(&image, to_width, to_height, FilterType::Triangle);
            let found = Region::of(&image.into()).resized(to_width, to_height);
            assert!(found == expected.into_raw(), "{width}×{height}");
        }
    }
}
