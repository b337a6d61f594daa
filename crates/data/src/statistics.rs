//! Mean and standard deviation of pixels.

use crate::{DataError, Images};

/// Mean and (population) standard deviation of each channel, in [0, 1] units.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct MeanStd {
    /// Mean by channel.
    pub mean: Vec<f64>,
    /// Standard deviation by channel.
    pub std: Vec<f64>,
}

/// Mean and standard deviation over the pixels of these rows; exact sums, so independent of the
/// rows' order.
///
/// Zeros where there are no rows.
///
/// # Errors
/// As [`Images::read`].
///
/// # Panics
/// Where there is no such row.
pub fn mean_std(images: &Images<'_>, rows: &[u32]) -> Result<MeanStd, DataError> {
    let [channels, height, width] = images.shape();
    let plane = height * width;
    let (mut counts, mut image) = (vec![[0u64; 256]; channels], Vec::new());
    for &row in rows {
        images.read(row, &mut image)?;
        count(&image, plane, &mut counts);
    }
    let (mean, std) = counts.iter().map(moments).unzip();
    Ok(MeanStd { mean, std })
}

/// Adds an image's values to the counts of each channel.
fn count(image: &[u8], plane: usize, counts: &mut [[u64; 256]]) {
    for (pixels, counts) in image.chunks_exact(plane).zip(counts) {
        pixels
            .iter()
            .for_each(|&value| counts[usize::from(value)] += 1);
    }
}

fn moments(counts: &[u64; 256]) -> (f64, f64) {
    let n: u64 = counts.iter().sum();
    if n == 0 {
        return (0.0, 0.0);
    }
    let sum = |power: u32| {
        (0u128..256)
            .zip(counts)
            .map(|(v, &n)| v.pow(power) * u128::from(n))
            .sum::<u128>()
    };
    let (first, second, n) = (sum(1), sum(2), u128::from(n));
    let variance = (n * second - first * first) as f64 / (n * n) as f64;
    (first as f64 / n as f64 / 255.0, variance.sqrt() / 255.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let mut counts = [[0; 256]; 2];
        assert_eq!(moments(&counts[0]), (0.0, 0.0));
        for image in [[255, 255, 51, 102], [0, 255, 51, 51]] {
            count(&image, 2, &mut counts);
        }
        for (found, expect) in counts
            .iter()
            .map(moments)
            .zip([(0.75, 0.1875f64.sqrt()), (0.25, 0.0075f64.sqrt())])
        {
            assert!(
                (found.0 - expect.0).abs() < 1e-12 && (found.1 - expect.1).abs() < 1e-12,
                "{found:?} {expect:?}"
            );
        }
    }
}
