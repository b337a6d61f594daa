//! The moments and parameters of a batch normalisation.

/// Mean and biased variance of each channel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChannelMoments {
    /// Mean.
    pub mean: Vec<f32>,
    /// Mean squared distance from the mean.
    pub variance: Vec<f32>,
}

/// Everything that determines a normalisation.
#[derive(Clone, Copy, Debug)]
pub struct NormParameters<'a> {
    /// Mean and variance: of the batch during training, the running ones in evaluation.
    pub moments: &'a ChannelMoments,
    /// Factor of each channel's normalised values.
    pub scale: &'a [f32],
    /// Added to each channel after scaling.
    pub shift: &'a [f32],
    /// Added to the variance.
    pub epsilon: f64,
    /// Whether ReLU follows.
    pub relu: bool,
}

impl NormParameters<'_> {
    pub(crate) fn check(&self, x: &[f32]) {
        let channels = self.scale.len();
        check_rows(x, channels);
        let ChannelMoments { mean, variance } = self.moments;
        assert!(
            [mean.len(), variance.len(), self.shift.len()] == [channels; 3],
            "values for {channels} channels"
        );
    }

    /// `1 / √(variance + ε)` of each channel.
    pub(crate) fn inverse_deviations(&self) -> impl Iterator<Item = f64> {
        self.moments
            .variance
            .iter()
            .map(|&v| 1.0 / (f64::from(v) + self.epsilon).sqrt())
    }
}

pub(crate) fn check_rows(x: &[f32], channels: usize) {
    assert!(
        channels > 0 && !x.is_empty() && x.len().is_multiple_of(channels),
        "{} values in rows of {channels}",
        x.len()
    );
}

/// `scale / √(variance + ε)` of each channel.
pub(crate) fn factors(norm: &NormParameters) -> Vec<f32> {
    norm.inverse_deviations()
        .zip(norm.scale)
        .map(|(inverse, &scale)| (f64::from(scale) * inverse) as f32)
        .collect()
}
