//! How pixel values became numbers, and how training images were augmented.

use super::prose::{count, number, percent};
use super::setting::setting;
use crate::ranking::{RankedConfiguration, Ranking};
use convsweep_spec::augment::{AugmentSpec, Fill, FlipAxis, Normalize, Policy, Step};
use convsweep_spec::words::listed_with;

/// The augmentation of images that are not augmented.
const NONE: &str = "none";

pub(super) fn sentences(ranking: &Ranking) -> Vec<String> {
    let augment = |c: &RankedConfiguration| c.row.member.resolved.augment.clone();
    let normalized = setting(
        ranking,
        "normalisation of the pixel values",
        |c| Some(normalization(&augment(c).normalize)),
        |how| format!("Pixel values were {how}."),
    );
    let steps = setting(
        ranking,
        "augmentation",
        |c| Some(steps(&augment(c))),
        |steps| match steps {
            NONE => "The training images were not augmented.".into(),
            steps => format!(
                "The augmentation of the training images, drawn anew for every epoch, was {steps}."
            ),
        },
    );
    normalized.into_iter().chain(steps).collect()
}

fn normalization(normalize: &Normalize) -> String {
    match normalize {
        Normalize::Unit => "scaled to $[0, 1]$".into(),
        Normalize::Standard => "scaled to $[0, 1]$ and standardised by the mean and standard \
             deviation of each channel over the training images of the run"
            .into(),
        Normalize::Given { mean, std } => {
            let numbers = |values: &[f64]| {
                listed_with(&Vec::from_iter(values.iter().map(|v| number(*v))), "and")
            };
            format!(
                "scaled to $[0, 1]$ and standardised by the means {} and standard deviations {} of \
                 the channels",
                numbers(mean),
                numbers(std)
            )
        }
    }
}

fn steps(augment: &AugmentSpec) -> String {
    let steps: Vec<String> = augment.steps.iter().map(step).collect();
    match steps.is_empty() {
        true => NONE.into(),
        false => steps.join(", "),
    }
}

fn step(step: &Step) -> String {
    let fill = match fill(step) {
        Some(Fill::Zero) => ", filled with black",
        Some(Fill::Reflect) => ", filled by reflection",
        Some(Fill::Nearest) => ", filled with the nearest pixel",
        None => "",
    };
    let text = words(step);
    match probability(step) {
        p if p < 1.0 => format!("{text}{fill} (with probability {})", number(p)),
        _ => format!("{text}{fill}"),
    }
}

fn fill(step: &Step) -> Option<Fill> {
    match step {
        Step::Rotate { fill, .. }
        | Step::Scale { fill, .. }
        | Step::Translate { fill, .. }
        | Step::Shear { fill, .. }
        | Step::Crop { fill, .. } => Some(*fill),
        _ => None,
    }
}

/// The probability of a step; flips that alternate between epochs have none.
fn probability(step: &Step) -> f64 {
    match *step {
        Step::Flip {
            axis: FlipAxis::Alternating,
            ..
        } => 1.0,
        Step::Rotate { p, .. }
        | Step::Scale { p, .. }
        | Step::Translate { p, .. }
        | Step::Shear { p, .. }
        | Step::RandomResizedCrop { p, .. }
        | Step::Brightness { p, .. }
        | Step::Contrast { p, .. }
        | Step::Saturation { p, .. }
        | Step::Hue { p, .. }
        | Step::Grayscale { p }
        | Step::Blur { p, .. }
        | Step::Noise { p, .. }
        | Step::Erase { p, .. }
        | Step::Flip { p, .. }
        | Step::Crop { p, .. }
        | Step::RandAugment { p, .. }
        | Step::TrivialAugment { p }
        | Step::AutoAugment { p, .. }
        | Step::Mixup { p, .. }
        | Step::Cutmix { p, .. } => p,
    }
}

fn words(step: &Step) -> String {
    match *step {
        Step::Rotate { degrees, .. } => within("rotation", number(degrees), "degrees"),
        Step::Scale { min, max, .. } => {
            format!("scaling by a factor of {} to {}", number(min), number(max))
        }
        Step::Translate { share, .. } => within("translation", percent(share), "of the size"),
        Step::Shear { degrees, .. } => within("horizontal shear", number(degrees), "degrees"),
        Step::RandomResizedCrop { min, max, .. } => {
            area("random resized crops~\\cite{szegedy2015}", min, max)
        }
        Step::Flip { axis, .. } => match axis {
            FlipAxis::Horizontal => "horizontal flips".into(),
            FlipAxis::Vertical => "vertical flips".into(),
            FlipAxis::Alternating => "horizontal flips in every other epoch".into(),
        },
        Step::Crop { pad, .. } => format!(
            "random crops of the original size after padding each side by {}",
            count(pad.into(), "pixel")
        ),
        Step::Brightness { strength, .. } => factor("brightness", strength),
        Step::Contrast { strength, .. } => factor("contrast", strength),
        Step::Saturation { strength, .. } => factor("saturation", strength),
        Step::Hue { turns, .. } => within("rotation of the hue", number(turns), "turns"),
        Step::Grayscale { .. } => "conversion to grey".into(),
        Step::Blur { min, max, .. } => format!(
            "Gaussian blur with a standard deviation of {} to {} pixels",
            number(min),
            number(max)
        ),
        Step::Noise { deviation, .. } => format!(
            "Gaussian noise with a standard deviation of {} of the range",
            percent(deviation)
        ),
        Step::Erase { min, max, .. } => area("random erasing~\\cite{zhong2020}", min, max),
        Step::RandAugment {
            operations,
            magnitude,
            ..
        } => format!(
            "RandAugment~\\cite{{cubuk2020}} with {} of magnitude {magnitude}",
            count(operations.into(), "operation")
        ),
        Step::TrivialAugment { .. } => "TrivialAugment~\\cite{mueller2021}".into(),
        Step::AutoAugment {
            policy: Policy::Cifar10,
            ..
        } => "AutoAugment~\\cite{cubuk2019} with its policy for CIFAR-10".into(),
        Step::Mixup { alpha, .. } => {
            format!(
                "mixup~\\cite{{zhang2018}} with $\\alpha$ = {}",
                number(alpha)
            )
        }
        Step::Cutmix { alpha, .. } => {
            format!(
                "CutMix~\\cite{{yun2019}} with $\\alpha$ = {}",
                number(alpha)
            )
        }
    }
}

fn within(what: &str, most: String, unit: &str) -> String {
    format!("{what} by up to $\\pm${most} {unit}")
}

fn factor(what: &str, strength: f64) -> String {
    format!(
        "changes of {what} by a factor of 1 $\\pm$ {}",
        number(strength)
    )
}

fn area(what: &str, min: f64, max: f64) -> String {
    format!("{what} of {} to {} of the area", percent(min), percent(max))
}
