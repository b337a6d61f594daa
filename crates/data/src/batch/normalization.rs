//! Normalisation of pixels, channel by channel.

use crate::{DataError, ImageSet, Subsets, mean_std};
use convsweep_spec::augment::Normalize;
use convsweep_spec::words::counted;

/// Mean that is subtracted and standard deviation that is divided by, for each channel, in [0, 1]
/// units. `unit` has mean 0 and standard deviation 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Normalization {
    /// Mean of each channel.
    pub mean: Vec<f64>,
    /// Standard deviation of each channel.
    pub std: Vec<f64>,
}

impl Normalization {
    /// The normalisation that an experiment asks for. `standard` takes its numbers from the
    /// training rows only.
    pub(super) fn new(
        normalize: &Normalize,
        set: &ImageSet,
        subsets: &Subsets,
    ) -> Result<Normalization, DataError> {
        let channels = set.facts().channels as usize;
        let normalization = match normalize {
            Normalize::Unit => Normalization {
                mean: vec![0.0; channels],
                std: vec![1.0; channels],
            },
            Normalize::Standard => {
                let found = mean_std(&set.train(), &subsets.train)?;
                Normalization {
                    mean: found.mean,
                    std: found.std,
                }
            }
            Normalize::Given { mean, std } => Normalization {
                mean: mean.clone(),
                std: std.clone(),
            },
        };
        normalization.check(channels)?;
        Ok(normalization)
    }

    fn check(&self, channels: usize) -> Result<(), DataError> {
        let (means, stds) = (self.mean.len(), self.std.len());
        if means != channels || stds != channels {
            return Err(DataError::Invalid(format!(
                "augment.normalize has {} and {} for {}",
                counted(means as u64, "mean"),
                counted(stds as u64, "standard deviation"),
                counted(channels as u64, "channel")
            )));
        }
        for (channel, (mean, std)) in self.mean.iter().zip(&self.std).enumerate() {
            if !(mean.is_finite() && std.is_finite() && *std > 0.0) {
                return Err(DataError::Invalid(format!(
                    "augment.normalize: channel {channel} has mean {mean} and standard deviation \
                     {std}; it cannot be divided by that"
                )));
            }
        }
        Ok(())
    }

    /// Factor of each channel that normalises bytes.
    pub(super) fn scale(&self) -> Vec<f32> {
        let scale = |std: &f64| (1.0 / (255.0 * std)) as f32;
        self.std.iter().map(scale).collect()
    }

    /// Summand of each channel after the factor.
    pub(super) fn shift(&self) -> Vec<f32> {
        let moments = self.mean.iter().zip(&self.std);
        moments.map(|(mean, std)| (-mean / std) as f32).collect()
    }
}
