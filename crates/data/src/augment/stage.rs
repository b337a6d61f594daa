//! Steps as they are applied: their numbers checked, neighbouring geometric steps joined into one
//! warp.

use super::geometric::{GeometricKind, GeometricStep};
use super::pixels::PixelChange;
use super::ranges::{
    check_degrees, check_pad, check_probability, check_rand_augment, check_range, check_strength,
};
use crate::DataError;
use convsweep_kernels::BorderMode;
use convsweep_spec::augment::{self as spec, FlipAxis, Policy, Step};

/// One stage. `step` is the step's number in the experiment, which keys its random numbers.
#[derive(Clone, Debug)]
pub(super) enum AugmentStage {
    /// Geometric steps with one bilinear warp for all of them.
    Warp {
        border: BorderMode,
        steps: Vec<GeometricStep>,
    },
    /// A reflection.
    Flip { step: u64, axis: FlipAxis, p: f64 },
    /// A change of values.
    Pixels {
        step: u64,
        change: PixelChange,
        p: f64,
    },
    /// Padding and a cut of the original size at a random place.
    Crop {
        step: u64,
        pad: u32,
        border: BorderMode,
        p: f64,
    },
}

/// The stages of an experiment's steps.
///
/// # Errors
/// `Invalid` if a number is out of range.
pub(super) fn stages(steps: &[Step]) -> Result<Vec<AugmentStage>, DataError> {
    let mut stages = Vec::new();
    for (i, step) in steps.iter().enumerate() {
        match stage(i as u64, step) {
            Ok(Some(next)) => push(&mut stages, next),
            Ok(None) => {}
            Err(problem) => {
                return Err(DataError::Invalid(format!("augment.steps[{i}]: {problem}")));
            }
        }
    }
    Ok(stages)
}

/// Appends a stage, or joins it with the last one if both are warps with the same border.
fn push(stages: &mut Vec<AugmentStage>, next: AugmentStage) {
    if let AugmentStage::Warp { border, steps } = &next
        && let Some(AugmentStage::Warp {
            border: last_border,
            steps: last_steps,
        }) = stages.last_mut()
        && last_border == border
    {
        last_steps.extend(steps);
    } else {
        stages.push(next);
    }
}

/// The stage of one step, whose numbers are checked; none for steps over a whole batch.
fn stage(number: u64, step: &Step) -> Result<Option<AugmentStage>, String> {
    let warp = |kind, fill, p| warp_stage(number, kind, fill, p);
    let pixels = |change, p| pixel_stage(number, change, p);
    match *step {
        Step::Rotate { degrees, fill, p } => {
            check_degrees("rotate", degrees, 360.0)?;
            warp(GeometricKind::Rotate { degrees }, fill, p)
        }
        Step::Scale { min, max, fill, p } => {
            check_range("scale", [min, max], [0.01, 100.0])?;
            warp(GeometricKind::Scale { min, max }, fill, p)
        }
        Step::Translate { share, fill, p } => {
            check_strength(share)?;
            warp(GeometricKind::Translate { share }, fill, p)
        }
        Step::Shear { degrees, fill, p } => {
            check_degrees("shear", degrees, 80.0)?;
            warp(GeometricKind::Shear { degrees }, fill, p)
        }
        Step::RandomResizedCrop { min, max, ratio, p } => {
            check_range("the area", [min, max], [0.0, 1.0])?;
            let kind = GeometricKind::EnlargedPart { min, max, ratio };
            warp(kind, spec::Fill::Nearest, p)
        }
        Step::Brightness { strength, p } => {
            check_strength(strength)?;
            pixels(PixelChange::Brightness { strength }, p)
        }
        Step::Contrast { strength, p } => {
            check_strength(strength)?;
            pixels(PixelChange::Contrast { strength }, p)
        }
        Step::Saturation { strength, p } => {
            check_strength(strength)?;
            pixels(PixelChange::Saturation { strength }, p)
        }
        Step::Hue { turns, p } => {
            check_strength(turns)?;
            pixels(PixelChange::Hue { turns }, p)
        }
        Step::Grayscale { p } => pixels(PixelChange::Grayscale, p),
        Step::Blur { min, max, p } => {
            check_range("blur", [min, max], [0.0, 100.0])?;
            pixels(PixelChange::Blur { min, max }, p)
        }
        Step::Noise { deviation, p } => {
            check_strength(deviation)?;
            pixels(PixelChange::Noise { deviation }, p)
        }
        Step::Erase { min, max, p } => {
            check_range("the area", [min, max], [0.0, 1.0])?;
            pixels(PixelChange::Erase { min, max }, p)
        }
        Step::RandAugment {
            operations,
            magnitude,
            p,
        } => {
            check_rand_augment(operations, magnitude)?;
            let change = PixelChange::RandAugment {
                operations,
                magnitude,
            };
            pixels(change, p)
        }
        Step::TrivialAugment { p } => pixels(PixelChange::TrivialAugment, p),
        Step::AutoAugment {
            policy: Policy::Cifar10,
            p,
        } => pixels(PixelChange::AutoAugmentCifar10, p),
        Step::Flip { axis, p } => {
            check_probability(p)?;
            let step = number;
            Ok(Some(AugmentStage::Flip { step, axis, p }))
        }
        Step::Crop { pad, fill, p } => {
            check_pad(pad)?;
            check_probability(p)?;
            Ok(Some(AugmentStage::Crop {
                step: number,
                pad,
                border: border_mode(fill),
                p,
            }))
        }
        Step::Mixup { p, .. } | Step::Cutmix { p, .. } => {
            check_probability(p)?;
            Ok(None)
        }
    }
}

fn warp_stage(
    step: u64,
    kind: GeometricKind,
    fill: spec::Fill,
    p: f64,
) -> Result<Option<AugmentStage>, String> {
    check_probability(p)?;
    Ok(Some(AugmentStage::Warp {
        border: border_mode(fill),
        steps: vec![GeometricStep { step, kind, p }],
    }))
}

fn pixel_stage(step: u64, change: PixelChange, p: f64) -> Result<Option<AugmentStage>, String> {
    check_probability(p)?;
    Ok(Some(AugmentStage::Pixels { step, change, p }))
}

fn border_mode(fill: spec::Fill) -> BorderMode {
    match fill {
        spec::Fill::Zero => BorderMode::Zero,
        spec::Fill::Reflect => BorderMode::Reflect,
        spec::Fill::Nearest => BorderMode::Nearest,
    }
}
