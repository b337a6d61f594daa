//! How images are augmented and normalised on their way into a batch.

use serde::{Deserialize, Serialize};

/// Resolved `[augment]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AugmentSpec {
    /// How pixel values become numbers, for all images.
    pub normalize: Normalize,
    /// Augmentations of the training images, applied in this order with random numbers of each
    /// image's own.
    pub steps: Vec<Step>,
}

/// How pixel values (0 to 255) become numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Normalize {
    /// Scaled to [0, 1].
    Unit,
    /// Scaled to [0, 1], then standardised by the per-channel mean and standard deviation of the
    /// job's training images.
    Standard,
    /// Scaled to [0, 1], then standardised by this per-channel mean and standard deviation.
    Given {
        /// Mean for each channel, in [0, 1] units.
        mean: Vec<f64>,
        /// Standard deviation for each channel, in [0, 1] units.
        std: Vec<f64>,
    },
}

/// Mean and population standard deviation of each channel, in [0, 1] units: pixel values (0 to 255)
/// divided by 255.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeanStd {
    /// Mean of each channel.
    pub mean: Vec<f64>,
    /// Standard deviation of each channel.
    pub std: Vec<f64>,
}

impl MeanStd {
    /// Factor and summand of each channel that standardise bytes.
    pub fn scale_and_shift(&self) -> (Vec<f32>, Vec<f32>) {
        let scale = |std: &f64| (1.0 / (255.0 * std)) as f32;
        let moments = self.mean.iter().zip(&self.std);
        let shift = moments.map(|(mean, std)| (-mean / std) as f32);
        (self.std.iter().map(scale).collect(), shift.collect())
    }
}

/// One augmentation step; `p` is the probability that it is applied to an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Step {
    /// Rotation about the centre by an angle uniform in ±`degrees`, bilinear. Adjacent geometric
    /// steps are merged into one warp, so that the image is interpolated only once.
    Rotate {
        /// Largest angle.
        degrees: f64,
        /// What pixels from outside the image are filled with.
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
        /// What pixels from outside the image are filled with.
        fill: Fill,
        /// Probability.
        p: f64,
    },
    /// Translation by shares of the image's width and height, each uniform in ±`share`, bilinear.
    Translate {
        /// Largest shift.
        share: f64,
        /// What pixels from outside the image are filled with.
        fill: Fill,
        /// Probability.
        p: f64,
    },
    /// Horizontal shear by an angle uniform in ±`degrees`, bilinear.
    Shear {
        /// Largest angle.
        degrees: f64,
        /// What pixels from outside the image are filled with.
        fill: Fill,
        /// Probability.
        p: f64,
    },
    /// Random resized crop (Szegedy et al. 2015): a part of the image at a random place, enlarged
    /// to the whole, bilinear. Its area is uniform in `[min, max]` of the image; the logarithm of
    /// its aspect ratio (height to width, relative to the image's) is uniform in ±ln `ratio`. If
    /// ten random parts do not fit, the whole image is used.
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
    /// Brightness: every value is multiplied by a factor uniform in 1 ± `strength`.
    Brightness {
        /// Largest change, above 0.
        strength: f64,
        /// Probability.
        p: f64,
    },
    /// Contrast: the distance from the image's mean grey is multiplied by a factor uniform in 1 ±
    /// `strength`.
    Contrast {
        /// Largest change, above 0.
        strength: f64,
        /// Probability.
        p: f64,
    },
    /// Saturation: the distance from the pixel's grey is multiplied by a factor uniform in 1 ±
    /// `strength`.
    Saturation {
        /// Largest change, above 0.
        strength: f64,
        /// Probability.
        p: f64,
    },
    /// Hue, rotated by a fraction of the colour circle uniform in ±`turns`.
    Hue {
        /// Largest rotation, at most half a circle.
        turns: f64,
        /// Probability.
        p: f64,
    },
    /// Every channel is replaced by the pixel's grey.
    Grayscale {
        /// Probability.
        p: f64,
    },
    /// Gaussian blur with a standard deviation uniform in `[min, max]` pixels.
    Blur {
        /// Smallest standard deviation.
        min: f64,
        /// Largest standard deviation.
        max: f64,
        /// Probability.
        p: f64,
    },
    /// Gaussian noise added to every value.
    Noise {
        /// Standard deviation as a share of the full range.
        deviation: f64,
        /// Probability.
        p: f64,
    },
    /// Random erasing (Zhong et al. 2020), also called cutout (DeVries and Taylor 2017): a
    /// rectangle is filled with the image's mean colour. Its area is uniform in `[min, max]` of the
    /// image, its aspect ratio between 0.3 and 3.3.
    Erase {
        /// Smallest share of the area.
        min: f64,
        /// Largest share of the area.
        max: f64,
        /// Probability.
        p: f64,
    },
    /// Flips the image.
    Flip {
        /// Which way.
        axis: FlipAxis,
        /// Probability.
        p: f64,
    },
    /// Random crop: pads every side by `pad` pixels and crops to the original size at a random
    /// place.
    Crop {
        /// Pixels added on every side.
        pad: u32,
        /// What the padding is filled with.
        fill: Fill,
        /// Probability.
        p: f64,
    },
    /// RandAugment (Cubuk et al. 2020): random operations one after the other, all of the same
    /// strength.
    RandAugment {
        /// Number of operations.
        operations: u32,
        /// Strength, 0 to 30.
        magnitude: u32,
        /// Probability.
        p: f64,
    },
    /// TrivialAugment (Müller and Hutter 2021): one random operation of random strength.
    TrivialAugment {
        /// Probability.
        p: f64,
    },
    /// AutoAugment (Cubuk et al. 2019): a random pair of operations from a policy found by search.
    AutoAugment {
        /// The data set for which the policy was found.
        policy: Policy,
        /// Probability.
        p: f64,
    },
    /// Mixup (Zhang et al. 2018), applied to a whole batch with probability `p`: each image is
    /// mixed with the next one, in shares λ and 1 − λ of pixels and targets, with λ drawn once per
    /// batch from Beta(alpha, alpha). Of several steps that mix a batch, only the first that is
    /// drawn applies.
    Mixup {
        /// Parameter of the Beta distribution.
        alpha: f64,
        /// Probability.
        p: f64,
    },
    /// CutMix (Yun et al. 2019), applied to a whole batch: a rectangle of each image, of area 1 − λ
    /// before clipping at the border, is replaced by that of the next image; targets are mixed by
    /// area.
    Cutmix {
        /// Parameter of the Beta distribution.
        alpha: f64,
        /// Probability.
        p: f64,
    },
}

impl Step {
    /// Whether the step mixes the images of a batch.
    pub fn is_over_batch(&self) -> bool {
        matches!(self, Step::Mixup { .. } | Step::Cutmix { .. })
    }
}

/// What pixels from outside the image are filled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fill {
    /// Black.
    Zero,
    /// The image reflected at its border, with the border pixel repeated.
    Reflect,
    /// The nearest border pixel.
    Nearest,
}

/// The direction of a flip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FlipAxis {
    /// Left to right.
    Horizontal,
    /// Top to bottom.
    Vertical,
    /// Left to right in every other epoch, starting at random; the step's probability is ignored.
    Alternating,
}

/// A policy of AutoAugment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// For CIFAR-10, of 25 pairs.
    Cifar10,
}
