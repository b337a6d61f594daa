//! Changes of the tones of an image with values 0 to 255, in place: operations of the automatic
//! augmentation policies.
//!
//! They follow torchvision, but accept values that are not whole numbers; these are rounded where
//! bits or a histogram are needed.

use super::types::Size;

/// Replaces every value by 255 − value.
pub fn invert(image: &mut [f32]) {
    image.iter_mut().for_each(|v| *v = 255.0 - *v);
}

/// Inverts the values that are at least `threshold`.
pub fn solarize(image: &mut [f32], threshold: f32) {
    image
        .iter_mut()
        .filter(|v| **v >= threshold)
        .for_each(|v| *v = 255.0 - *v);
}

/// Keeps the `bits` highest of the eight bits of each value.
pub fn posterize(image: &mut [f32], bits: u32) {
    let mask = !(255u8.checked_shr(bits).unwrap_or(0));
    image
        .iter_mut()
        .for_each(|v| *v = f32::from(byte(*v) & mask));
}

/// Stretches each channel to the full range. A channel with a single value does not change.
///
/// # Panics
/// If the length of `image` does not match `size`.
pub fn autocontrast(image: &mut [f32], size: Size) {
    size.check("image", image.len());
    for plane in image.chunks_exact_mut(size.plane()) {
        let low = plane.iter().copied().fold(f32::INFINITY, f32::min);
        let high = plane.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        if high > low {
            let scale = 255.0 / (high - low);
            plane
                .iter_mut()
                .for_each(|v| *v = ((*v - low) * scale).clamp(0.0, 255.0));
        }
    }
}

/// Equalises the histogram of each channel.
///
/// # Panics
/// If the length of `image` does not match `size`.
pub fn equalize(image: &mut [f32], size: Size) {
    size.check("image", image.len());
    for plane in image.chunks_exact_mut(size.plane()) {
        let mut counts = [0usize; 256];
        for value in plane.iter() {
            counts[usize::from(byte(*value))] += 1;
        }
        let brightest = counts.iter().rev().find(|n| **n > 0).copied();
        let step = (plane.len() - brightest.unwrap_or(0)) / 255;
        if step == 0 {
            continue;
        }
        let table = equalizing_table(&counts, step);
        for value in plane {
            *value = table[usize::from(byte(*value))];
        }
    }
}

/// Maps each value to the share of darker pixels, rounded: their number divided by `step`.
fn equalizing_table(counts: &[usize; 256], step: usize) -> [f32; 256] {
    let mut table = [0.0; 256];
    let mut darker = 0;
    for (mapped, count) in table.iter_mut().zip(counts) {
        *mapped = ((darker + step / 2) / step).min(255) as f32;
        darker += count;
    }
    table
}

/// Scales the distance of every value from the image smoothed over 3×3 pixels by `factor`: above 1
/// sharpens, below 1 blurs. Border pixels do not change.
///
/// # Panics
/// If the length of `image` or `scratch` does not match `size`.
pub fn sharpness(image: &mut [f32], size: Size, factor: f32, scratch: &mut [f32]) {
    size.check("image", image.len());
    size.check("scratch", scratch.len());
    if size.height < 3 || size.width < 3 {
        return;
    }
    scratch.copy_from_slice(image);
    let width = size.width;
    for (plane, source) in image
        .chunks_exact_mut(size.plane())
        .zip(scratch.chunks_exact(size.plane()))
    {
        for y in 1..size.height - 1 {
            for x in 1..width - 1 {
                let at = y * width + x;
                let row = |start: usize| source[start - 1] + source[start] + source[start + 1];
                let smooth =
                    (row(at - width) + row(at) + row(at + width) + 4.0 * source[at]) / 13.0;
                plane[at] = (smooth + factor * (source[at] - smooth)).clamp(0.0, 255.0);
            }
        }
    }
}

fn byte(value: f32) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}
