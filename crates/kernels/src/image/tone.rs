//! Tones of an image with values 0 to 255, in place: the operations of the automatic augmentations
//! beside the colours.
//!
//! Each as torchvision computes it, but on numbers that need not be whole; where bits or a
//! histogram are wanted they are rounded.

use super::types::Size;

/// 255 − value.
pub fn invert(image: &mut [f32]) {
    image.iter_mut().for_each(|v| *v = 255.0 - *v);
}

/// Inverts the values of at least `threshold`.
pub fn solarize(image: &mut [f32], threshold: f32) {
    image
        .iter_mut()
        .filter(|v| **v >= threshold)
        .for_each(|v| *v = 255.0 - *v);
}

/// Leaves the `bits` highest of each value's eight bits.
pub fn posterize(image: &mut [f32], bits: u32) {
    let mask = !(255u8.checked_shr(bits).unwrap_or(0));
    image
        .iter_mut()
        .for_each(|v| *v = f32::from(byte(*v) & mask));
}

/// Stretches each channel to the whole range; a channel of one value stays as it is.
///
/// # Panics
/// Where `image` is not of `size`.
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

/// Makes the values of each channel about equally frequent.
///
/// # Panics
/// Where `image` is not of `size`.
pub fn equalize(image: &mut [f32], size: Size) {
    size.check("image", image.len());
    for plane in image.chunks_exact_mut(size.plane()) {
        let mut counts = [0usize; 256];
        plane
            .iter()
            .for_each(|v| counts[usize::from(byte(*v))] += 1);
        let last = counts.iter().rev().find(|n| **n > 0).copied().unwrap_or(0);
        let step = (plane.len() - last) / 255;
        if step == 0 {
            continue;
        }
        // A value becomes the rounded share of those below it.
        let mut below = 0;
        let table = counts.map(|n| {
            let found = ((below + step / 2) / step).min(255) as f32;
            below += n;
            found
        });
        plane
            .iter_mut()
            .for_each(|v| *v = table[usize::from(byte(*v))]);
    }
}

/// Away from the image smoothed over 3×3 pixels by `factor`; below 1: towards it. The border stays
/// as it is.
///
/// # Panics
/// Where `image` or `scratch` is not of `size`.
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
