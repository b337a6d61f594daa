//! What happens to an image on its way into a batch.

use serde::{Deserialize, Serialize};

/// Resolved `[augment]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AugmentSpec {
    /// From bytes to numbers, for all images.
    pub normalize: Normalize,
    /// For training images only, in this order, drawn per image.
    pub steps: Vec<Step>,
}

/// From bytes (0 to 255) to numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Normalize {
    /// Scaled to [0, 1].
    Unit,
    /// Scaled to [0, 1], then by per-channel mean and standard deviation of the job's training images.
    Standard,
    /// Scaled to [0, 1], then by these per-channel numbers.
    Given {
        /// Mean for each channel, in [0, 1] units.
        mean: Vec<f64>,
        /// Standard deviation for each channel, in [0, 1] units.
        std: Vec<f64>,
    },
}

/// One augmentation step; `p` is the probability that it is applied to an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Step {
    /// Rotation about the centre by an angle uniform in ±`degrees`, bilinear. Neighbouring rotations and scalings make one warp.
    Rotate {
        /// Largest angle.
        degrees: f64,
        /// What lies outside the image.
        fill: Fill,
        /// Probability.
        p: f64,
    },
    /// Scaling about the centre by a factor uniform in `[min, max]` (above 1 enlarges), bilinear.
    Scale {
        /// Smallest factor.
        min: f64,
        /// Largest factor.
        max: f64,
        /// What lies outside the image.
        fill: Fill,
        /// Probability.
        p: f64,
    },
    /// Mirrors the image.
    Flip {
        /// Which way.
        axis: FlipAxis,
        /// Probability.
        p: f64,
    },
    /// Pads every side by `pad` pixels and cuts the original size out at a random place.
    Crop {
        /// Pixels added at every side.
        pad: u32,
        /// What the padding holds.
        fill: Fill,
        /// Probability.
        p: f64,
    },
    /// Over a batch, `p` its probability: each image becomes a mixture with the next one, with shares λ and 1 − λ of pixels and
    /// of targets, λ of a batch drawn from Beta(alpha, alpha) (Zhang et al. 2018). Of several steps over a batch only the first
    /// one drawn is taken.
    Mixup {
        /// Of the distribution.
        alpha: f64,
        /// Probability.
        p: f64,
    },
    /// Over a batch: each image gets a rectangle of the next one, of area 1 − λ before it is cut at the border; targets are mixed
    /// by area (Yun et al. 2019).
    Cutmix {
        /// Of the distribution.
        alpha: f64,
        /// Probability.
        p: f64,
    },
}

impl Step {
    /// Whether it mixes the images of a batch.
    pub fn is_over_batch(&self) -> bool {
        matches!(self, Step::Mixup { .. } | Step::Cutmix { .. })
    }
}

/// What lies outside the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fill {
    /// Byte value 0.
    Zero,
    /// The image mirrored at its border (border pixel repeated).
    Reflect,
    /// The nearest border pixel.
    Nearest,
}

/// Direction of a flip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FlipAxis {
    /// Left and right change places.
    Horizontal,
    /// Top and bottom change places.
    Vertical,
}
