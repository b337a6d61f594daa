//! Normalisation of pixels, channel by channel.

use crate::{DataError, ImageSet, Subsets, mean_std};
use convsweep_spec::augment::{MeanStd, Normalize};
use convsweep_spec::words::counted;

/// The normalisation that an experiment asks for: the mean is subtracted, then the standard
/// deviation divided by. `standard` takes them from the training rows only.
pub(super) fn normalization(
    normalize: &Normalize,
    set: &ImageSet,
    subsets: &Subsets,
) -> Result<MeanStd, DataError> {
    let channels = set.facts().channels as usize;
    let found = match normalize {
        Normalize::Unit => MeanStd {
            mean: vec![0.0; channels],
            std: vec![1.0; channels],
        },
        Normalize::Standard => mean_std(&set.train(), &subsets.train)?,
        Normalize::Given { mean, std } => MeanStd {
            mean: mean.clone(),
            std: std.clone(),
        },
    };
    check(&found, channels)?;
    Ok(found)
}

fn check(MeanStd { mean, std }: &MeanStd, channels: usize) -> Result<(), DataError> {
    let (means, stds) = (mean.len(), std.len());
    if means != channels || stds != channels {
        return Err(DataError::Invalid(format!(
            "augment.normalize has {} and {} for {}",
            counted(means as u64, "mean"),
            counted(stds as u64, "standard deviation"),
            counted(channels as u64, "channel")
        )));
    }
    for (channel, (mean, std)) in mean.iter().zip(std).enumerate() {
        if !(mean.is_finite() && std.is_finite() && *std > 0.0) {
            return Err(DataError::Invalid(format!(
                "augment.normalize: channel {channel} has mean {mean} and standard deviation \
                 {std}; it cannot be divided by that"
            )));
        }
    }
    Ok(())
}
