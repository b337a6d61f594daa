//! Makes network inputs of images.

use convsweep_kernels::{Pixel, Size, flip_horizontal, normalize};
use convsweep_spec::augment::MeanStd;

/// Makes network inputs of images `[channels, height, width]`: divides by 255, subtracts the mean
/// and divides by the standard deviation.
#[derive(Clone, Debug)]
pub struct Normalizer {
    size: Size,
    scale: Vec<f32>,
    shift: Vec<f32>,
}

impl Normalizer {
    /// For images of this size, `[channels, height, width]`.
    pub fn new(normalization: &MeanStd, [channels, height, width]: [usize; 3]) -> Self {
        let (scale, shift) = normalization.scale_and_shift();
        Normalizer {
            size: Size {
                channels,
                height,
                width,
            },
            scale,
            shift,
        }
    }

    /// Writes the normalised `image` into `out`.
    ///
    /// # Panics
    /// If one of them has another size, or the numbers of channels differ.
    pub fn apply<T: Pixel>(&self, image: &[T], out: &mut [f32]) {
        normalize(image, self.size, &self.scale, &self.shift, out);
    }

    /// Mirrors images `[images, channels, height, width]` left to right, in place.
    pub fn mirror(&self, pixels: &mut [f32]) {
        for image in pixels.chunks_exact_mut(self.size.len()) {
            flip_horizontal(image, self.size);
        }
    }
}
