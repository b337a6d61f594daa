//! Mean and standard deviation of pixels.

use crate::{DataError, LabelledImages};
use convsweep_spec::augment::MeanStd;

/// Mean and standard deviation over the pixels of these rows; zeros if there are no rows.
///
/// The sums are exact, so the result does not depend on the rows' order.
///
/// # Errors
/// As [`LabelledImages::read`].
///
/// # Panics
/// If there is no such row.
pub fn mean_std(images: &LabelledImages<'_>, rows: &[u32]) -> Result<MeanStd, DataError> {
    let [channels, height, width] = images.shape();
    let plane = height * width;
    let mut histograms = vec![[0u64; 256]; channels];
    let mut image = Vec::new();
    for &row in rows {
        images.read(row, &mut image)?;
        count(&image, plane, &mut histograms);
    }
    let (mean, std) = histograms.iter().map(moments).unzip();
    Ok(MeanStd { mean, std })
}

/// Adds an image's values to the histogram of each channel.
fn count(image: &[u8], plane: usize, histograms: &mut [[u64; 256]]) {
    for (pixels, histogram) in image.chunks_exact(plane).zip(histograms) {
        for &value in pixels {
            histogram[usize::from(value)] += 1;
        }
    }
}

/// Mean and standard deviation of the values in a histogram, in [0, 1] units.
fn moments(histogram: &[u64; 256]) -> (f64, f64) {
    let (mut n, mut first, mut second) = (0u128, 0, 0);
    for (value, &count) in (0u128..).zip(histogram) {
        let count = u128::from(count);
        n += count;
        first += value * count;
        second += value * value * count;
    }
    if n == 0 {
        return (0.0, 0.0);
    }
    let variance = (n * second - first * first) as f64 / (n * n) as f64;
    (first as f64 / n as f64 / 255.0, variance.sqrt() / 255.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_equal_those_computed_by_hand() {
        let mut histograms = [[0; 256]; 2];
        assert_eq!(moments(&histograms[0]), (0.0, 0.0));
        for image in [[255, 255, 51, 102], [0, 255, 51, 51]] {
            count(&image, 2, &mut histograms);
        }
        let expected = [(0.75, 0.1875f64.sqrt()), (0.25, 0.0075f64.sqrt())];
        for (histogram, (mean, std)) in histograms.iter().zip(expected) {
            let found = moments(histogram);
            assert!(
                (found.0 - mean).abs() < 1e-12 && (found.1 - std).abs() < 1e-12,
                "{found:?}, expected {mean} and {std}"
            );
        }
    }
}
