//! How often a network is right, by how sure it is.

/// Number of bins, as many as those of the calibration error that is recorded after each epoch.
pub const BINS: usize = 15;

/// Counts over bins of equal width of the predicted class's probability.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reliability {
    /// The bins, from the least sure.
    pub bins: [ConfidenceBin; BINS],
}

/// The images whose predicted class has a probability within one bin.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ConfidenceBin {
    /// Number of images.
    pub images: u64,
    /// Number of right predictions.
    pub right: u64,
    /// Sum of the probabilities.
    pub confidence: f64,
}

impl ConfidenceBin {
    /// Share of right predictions, 0 to 1; `None` without images.
    pub fn accuracy(&self) -> Option<f64> {
        (self.images > 0).then(|| self.right as f64 / self.images as f64)
    }

    /// Mean probability, 0 to 1; `None` without images.
    pub fn mean_confidence(&self) -> Option<f64> {
        (self.images > 0).then(|| self.confidence / self.images as f64)
    }
}

impl Reliability {
    /// Counts an image whose predicted class has this probability, 0 to 1.
    pub fn add(&mut self, probability: f64, is_right: bool) {
        let place = (probability * BINS as f64).ceil() as usize;
        let bin = &mut self.bins[place.clamp(1, BINS) - 1];
        bin.images += 1;
        bin.right += u64::from(is_right);
        bin.confidence += probability;
    }

    /// Number of images.
    pub fn images(&self) -> u64 {
        self.bins.iter().map(|bin| bin.images).sum()
    }

    /// Expected calibration error (Guo et al. 2017), 0 to 1; 0 without images.
    pub fn calibration_error(&self) -> f64 {
        let distances = self.bins.iter();
        let distances = distances.map(|bin| (bin.confidence - bin.right as f64).abs());
        distances.sum::<f64>() / self.images().max(1) as f64
    }

    /// The counts of several networks together.
    pub fn sum<'a>(all: impl IntoIterator<Item = &'a Reliability>) -> Reliability {
        let mut sum = Reliability::default();
        for one in all {
            for (bin, other) in sum.bins.iter_mut().zip(&one.bins) {
                bin.images += other.images;
                bin.right += other.right;
                bin.confidence += other.confidence;
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_is_the_mean_distance_of_confidence_and_accuracy() {
        let mut reliability = Reliability::default();
        for (probability, is_right) in [(0.95, true), (0.95, false), (0.35, true), (0.0, false)] {
            reliability.add(probability, is_right);
        }
        let expected = (0.9 + 0.65 + 0.0) / 4.0;
        assert!((reliability.calibration_error() - expected).abs() < 1e-12);
        assert_eq!(
            reliability.bins[0].images, 1,
            "no probability is below the first bin"
        );
        assert_eq!(reliability.bins[14].accuracy(), Some(0.5));
        let both = Reliability::sum([&reliability, &reliability]);
        assert_eq!(both.images(), 8);
        assert!((both.calibration_error() - expected).abs() < 1e-12);
    }
}
