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
    /// Scaled to [0, 1], then by per-channel mean and standard deviation of the job's training
    /// images.
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
    /// Rotation about the centre by an angle uniform in ±`degrees`, bilinear. Neighbouring
    /// rotations and scalings make one warp.
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
    /// Translation by shares of the image's width and height, each uniform in ±`share`, bilinear.
    Translate {
        /// Largest shift.
        share: f64,
        /// What lies outside the image.
        fill: Fill,
        /// Probability.
        p: f64,
    },
    /// Horizontal shear by an angle uniform in ±`degrees`, bilinear.
    Shear {
        /// Largest angle.
        degrees: f64,
        /// What lies outside the image.
        fill: Fill,
        /// Probability.
        p: f64,
    },
    /// A part of the image, its area uniform in `[min, max]` of the whole and the logarithm of its
    /// aspect ratio (height to width, as a multiple of the image's) uniform in ±ln `ratio`, at a
    /// random place, enlarged to the whole, bilinear (Szegedy et al. 2015). Of parts that do not
    /// fit ten are drawn, then the whole image is taken.
    RandomResizedCrop {
        /// Smallest share of the area.
        min: f64,
        /// Largest share of the area.
        max: f64,
        /// Largest aspect ratio, at least 1.
        ratio: f64,
        /// Probability.
        p: f64,
    },
    /// Every value times a factor uniform in 1 ± `strength`.
    Brightness {
        /// Largest change, above 0.
        strength: f64,
        /// Probability.
        p: f64,
    },
    /// Distance from the image's mean grey times a factor uniform in 1 ± `strength`.
    Contrast {
        /// Largest change, above 0.
        strength: f64,
        /// Probability.
        p: f64,
    },
    /// Distance from the pixel's grey times a factor uniform in 1 ± `strength`.
    Saturation {
        /// Largest change, above 0.
        strength: f64,
        /// Probability.
        p: f64,
    },
    /// Hue turned by a part of the colour circle uniform in ±`turns`.
    Hue {
        /// Largest turn, at most half a circle.
        turns: f64,
        /// Probability.
        p: f64,
    },
    /// All channels become the pixel's grey.
    Grayscale {
        /// Probability.
        p: f64,
    },
    /// Gaussian blur of a standard deviation uniform in `[min, max]` pixels.
    Blur {
        /// Smallest standard deviation.
        min: f64,
        /// Largest standard deviation.
        max: f64,
        /// Probability.
        p: f64,
    },
    /// Gaussian noise on every value.
    Noise {
        /// Standard deviation as a share of the full range.
        deviation: f64,
        /// Probability.
        p: f64,
    },
    /// A rectangle becomes the image's mean colour: its area uniform in `[min, max]` of the whole,
    /// its aspect ratio between 0.3 and 3.3 (random erasing, Zhong et al. 2020; cutout, DeVries and
    /// Taylor 2017).
    Erase {
        /// Smallest share of the area.
        min: f64,
        /// Largest share of the area.
        max: f64,
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
    /// Drawn operations one after the other, all of one strength (Cubuk et al. 2020).
    RandAugment {
        /// How many.
        operations: u32,
        /// Strength, 0 to 30.
        magnitude: u32,
        /// Probability.
        p: f64,
    },
    /// One drawn operation of a drawn strength (Müller and Hutter 2021).
    TrivialAugment {
        /// Probability.
        p: f64,
    },
    /// A drawn pair of operations of a policy that was found by search (Cubuk et al. 2019).
    AutoAugment {
        /// The images that it was found for.
        policy: Policy,
        /// Probability.
        p: f64,
    },
    /// Over a batch, `p` its probability: each image becomes a mixture with the next one, with
    /// shares λ and 1 − λ of pixels and of targets, λ of a batch drawn from Beta(alpha, alpha)
    /// (Zhang et al. 2018). Of several steps over a batch only the first one drawn is taken.
    Mixup {
        /// Of the distribution.
        alpha: f64,
        /// Probability.
        p: f64,
    },
    /// Over a batch: each image gets a rectangle of the next one, of area 1 − λ before it is cut at
    /// the border; targets are mixed by area (Yun et al. 2019).
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
    /// Left and right change places in every other epoch, beginning with a drawn one; the
    /// probability says nothing.
    Alternating,
}

/// A policy of AutoAugment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// For CIFAR-10, of 25 pairs.
    Cifar10,
}
