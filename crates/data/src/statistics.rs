//! Mean and standard deviation of pixels.

use crate::Images;

/// Mean and (population) standard deviation of each channel, in [0, 1] units.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct MeanStd {
    /// Mean by channel.
    pub mean: Vec<f64>,
    /// Standard deviation by channel.
    pub std: Vec<f64>,
}

/// Mean and standard deviation over the pixels of these rows; exact sums, so independent of the rows' order.
///
/// Zeros where there are no rows.
///
/// # Panics
/// Where there is no such row.
pub fn mean_std(images: Images<'_>, rows: &[u32]) -> MeanStd {
    let [channels, height, width] = images.shape();
    let plane = height * width;
    let mut counts = vec![[0u64; 256]; channels];
    for &row in rows {
        for (pixels, counts) in images.image(row).chunks_exact(plane).zip(&mut counts) {
            pixels.iter().for_each(|&value| counts[usize::from(value)] += 1);
        }
    }
    let (mean, std) = counts.iter().map(moments).unzip();
    MeanStd { mean, std }
}

fn moments(counts: &[u64; 256]) -> (f64, f64) {
    let n: u64 = counts.iter().sum();
    if n == 0 {
        return (0.0, 0.0);
    }
    let sum = |power: u32| (0u128..256).zip(counts).map(|(v, &n)| v.pow(power) * u128::from(n)).sum::<u128>();
    let (first, second, n) = (sum(1), sum(2), u128::from(n));
    let variance = (n * second - first * first) as f64 / (n * n) as f64;
    (first as f64 / n as f64 / 255.0, variance.sqrt() / 255.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use convsweep_kernels::Size;

    #[test]
    fn by_hand() {
        let size = Size { channels: 2, height: 1, width: 2 };
        let images =
            Images { bytes: &[0, 255, 51, 51, 9, 9, 9, 9, 255, 255, 51, 102], labels: &[0; 3], names: &[], size };
        let found = mean_std(images, &[2, 0]);
        let expect = [0.75, 0.25, 0.1875f64.sqrt(), 0.0075f64.sqrt()];
        for (found, expect) in found.mean.iter().chain(&found.std).zip(expect) {
            assert!((found - expect).abs() < 1e-12, "{found} {expect}");
        }
        assert_eq!(mean_std(images, &[]).mean, [0.0, 0.0]);
    }
}
