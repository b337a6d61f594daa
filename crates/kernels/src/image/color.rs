//! Changes of the colours of an image with values 0 to 255, in place.

use super::types::Size;

/// Multiplies every value by `factor`.
pub fn brightness(image: &mut [f32], factor: f32) {
    image
        .iter_mut()
        .for_each(|v| *v = (*v * factor).clamp(0.0, 255.0));
}

/// Scales the distance of every value from the image's mean grey by `factor`.
///
/// # Panics
/// If the length of `image` does not match `size`.
pub fn contrast(image: &mut [f32], size: Size, factor: f32) {
    size.check("image", image.len());
    let total: f64 = (0..size.plane())
        .map(|i| f64::from(grey(image, size, i)))
        .sum();
    let mean = (total / size.plane() as f64) as f32;
    image
        .iter_mut()
        .for_each(|v| *v = (mean + factor * (*v - mean)).clamp(0.0, 255.0));
}

/// Scales the distance of every value from the grey of its pixel by `factor`; 0 gives a grey image.
/// Images with one channel do not change.
///
/// # Panics
/// If the length of `image` does not match `size`.
pub fn saturation(image: &mut [f32], size: Size, factor: f32) {
    size.check("image", image.len());
    let plane = size.plane();
    for i in 0..plane {
        let grey = grey(image, size, i);
        for v in image.iter_mut().skip(i).step_by(plane) {
            *v = (grey + factor * (*v - grey)).clamp(0.0, 255.0);
        }
    }
}

/// Rotates the hue (of HSV) by `turns` full turns. Images with one channel do not change.
///
/// # Panics
/// If the length of `image` does not match `size`.
pub fn hue(image: &mut [f32], size: Size, turns: f32) {
    size.check("image", image.len());
    if size.channels != 3 {
        return;
    }
    let plane = size.plane();
    for i in 0..plane {
        let [r, g, b] = [image[i], image[plane + i], image[2 * plane + i]];
        let (largest, smallest) = (r.max(g).max(b), r.min(g).min(b));
        let range = largest - smallest;
        if range <= 0.0 {
            continue;
        }
        let sixths = if largest == r {
            (g - b) / range
        } else if largest == g {
            2.0 + (b - r) / range
        } else {
            4.0 + (r - g) / range
        };
        let turned = sixths + 6.0 * turns;
        for (channel, offset) in [5.0, 3.0, 1.0].into_iter().enumerate() {
            // From HSV back to RGB: V − V·S·max(0, min(k, 4 − k, 1)).
            let k = (offset + turned).rem_euclid(6.0);
            image[channel * plane + i] = largest - range * k.min(4.0 - k).clamp(0.0, 1.0);
        }
    }
}

/// Weights of red, green and blue in grey (ITU-R BT.601).
const LUMA: [f32; 3] = [0.299, 0.587, 0.114];

fn grey(image: &[f32], size: Size, pixel: usize) -> f32 {
    match size.channels {
        3 => LUMA
            .iter()
            .enumerate()
            .map(|(c, weight)| weight * image[c * size.plane() + pixel])
            .sum(),
        _ => image[pixel],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIXELS: Size = Size {
        channels: 3,
        height: 1,
        width: 2,
    };

    fn check(change: impl Fn(&mut [f32]), expect: [f32; 6]) {
        // One orange and one blue pixel.
        let mut image = [200.0, 0.0, 100.0, 50.0, 0.0, 250.0];
        change(&mut image);
        assert!(
            image.iter().zip(expect).all(|(a, b)| (a - b).abs() < 1e-3),
            "{image:?}, expected {expect:?}"
        );
    }

    #[test]
    fn colours_equal_values_computed_by_hand() {
        check(
            |i| brightness(i, 1.5),
            [255.0, 0.0, 150.0, 75.0, 0.0, 255.0],
        );
        check(
            |i| saturation(i, PIXELS, 0.0),
            [118.5, 57.85, 118.5, 57.85, 118.5, 57.85],
        );
        check(|i| contrast(i, PIXELS, 0.0), [88.175; 6]);
        check(
            |i| hue(i, PIXELS, 0.0),
            [200.0, 0.0, 100.0, 50.0, 0.0, 250.0],
        );
        check(
            |i| hue(i, PIXELS, 1.0),
            [200.0, 0.0, 100.0, 50.0, 0.0, 250.0],
        );
        // A third of a turn: red to green, green to blue, blue to red.
        check(
            |i| hue(i, PIXELS, 1.0 / 3.0),
            [0.0, 250.0, 200.0, 0.0, 100.0, 50.0],
        );
    }
}
