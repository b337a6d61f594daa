//! Gaussian blur of an image, in place.

use super::types::Size;

/// Gaussian blur with a standard deviation of `sigma` pixels, along rows and then columns. The
/// nearest pixel is used beyond the border.
///
/// # Panics
/// If the length of `image` or `scratch` does not match `size`.
pub fn blur(image: &mut [f32], size: Size, sigma: f64, scratch: &mut [f32]) {
    size.check("image", image.len());
    size.check("scratch", scratch.len());
    let radius = (3.0 * sigma).ceil().min(size.height.max(size.width) as f64) as i64;
    if radius < 1 {
        return;
    }
    let weights: Vec<f64> = (-radius..=radius)
        .map(|d| (-(d * d) as f64 / (2.0 * sigma * sigma)).exp())
        .collect();
    let total: f64 = weights.iter().sum();
    let weights: Vec<f32> = weights.into_iter().map(|w| (w / total) as f32).collect();
    blur_along(image, scratch, &weights, 1, size.width);
    blur_along(scratch, image, &weights, size.width, size.height);
}

/// Blurs along one dimension, whose `length` pixels are `stride` values apart. The middle one of
/// `weights` belongs to the pixel itself.
fn blur_along(from: &[f32], to: &mut [f32], weights: &[f32], stride: usize, length: usize) {
    let radius = (weights.len() / 2) as i64;
    for (i, out) in to.iter_mut().enumerate() {
        let at = (i / stride % length) as i64;
        let start = i - at as usize * stride;
        let tap = |d: i64| from[start + (at + d).clamp(0, length as i64 - 1) as usize * stride];
        *out = weights.iter().zip(-radius..).map(|(w, d)| w * tap(d)).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blur_spreads_a_dot_and_keeps_its_sum() {
        let size = Size {
            channels: 1,
            height: 15,
            width: 15,
        };
        let (mut image, mut scratch) = (vec![0.0; 225], vec![0.0; 225]);
        image[7 * 15 + 7] = 100.0;
        blur(&mut image, size, 1.5, &mut scratch);
        assert!((image.iter().sum::<f32>() - 100.0).abs() < 1e-3);
        let ratio = image[7 * 15 + 9] / image[7 * 15 + 7];
        assert!(
            (f64::from(ratio) - (-4.0f64 / 4.5).exp()).abs() < 1e-4,
            "{ratio}"
        );
        assert!(
            (image[5 * 15 + 7] - image[7 * 15 + 9]).abs() < 1e-4,
            "rows and columns differ"
        );
    }
}
