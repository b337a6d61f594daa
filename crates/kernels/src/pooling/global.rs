//! Global average pooling: the mean of each channel over an image, forward and backward.

use crate::simd::{Kernel, Vector, dispatch, load, store};

/// The mean of each channel of `x` (`[images, pixels, channels]`), as `[images, channels]`.
///
/// # Panics
/// If `x` is not a whole number of images.
pub fn global_average(x: &[f32], pixels: usize, channels: usize) -> Vec<f32> {
    check_planes(x.len(), pixels, channels);
    // SAFETY: the size was checked above; `dispatch` only uses instructions that this CPU supports.
    unsafe {
        dispatch(GlobalAverageKernel {
            x,
            pixels,
            channels,
        })
    }
}

/// The gradient of the input, `[images, pixels, channels]`, from that of the means,
/// `[images, channels]`.
///
/// # Panics
/// If `gradient` is not a whole number of rows.
pub fn global_average_backward(gradient: &[f32], pixels: usize, channels: usize) -> Vec<f32> {
    check_planes(gradient.len(), 1, channels);
    let share = 1.0 / pixels as f32;
    let mut input_gradient = Vec::with_capacity(gradient.len() * pixels);
    let mut row = vec![0.0; channels];
    for gradient in gradient.chunks_exact(channels) {
        row.iter_mut()
            .zip(gradient)
            .for_each(|(to, g)| *to = g * share);
        (0..pixels).for_each(|_| input_gradient.extend_from_slice(&row));
    }
    input_gradient
}

fn check_planes(values: usize, pixels: usize, channels: usize) {
    assert!(
        pixels > 0 && channels > 0 && values.is_multiple_of(pixels * channels),
        "{values} of {pixels} × {channels}"
    );
}

struct GlobalAverageKernel<'a> {
    x: &'a [f32],
    pixels: usize,
    channels: usize,
}

impl Kernel for GlobalAverageKernel<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> Vec<f32> {
        let GlobalAverageKernel {
            x,
            pixels,
            channels,
        } = self;
        let mut means: Vec<f32> = Vec::with_capacity(x.len() / pixels);
        let share = V::splat(1.0 / pixels as f32);
        for image in x.chunks_exact(pixels * channels) {
            let to = means.as_mut_ptr().add(means.len());
            for c in (0..channels).step_by(V::LANES) {
                let n = (channels - c).min(V::LANES);
                let mut sum = [V::splat(0.0); 2];
                for pixel in 0..pixels {
                    sum[pixel % 2] =
                        sum[pixel % 2].add(load::<V>(image.as_ptr().add(pixel * channels + c), n));
                }
                store::<V>(sum[0].add(sum[1]).mul(share), to.add(c), n);
            }
            means.set_len(means.len() + channels);
        }
        means
    }
}
