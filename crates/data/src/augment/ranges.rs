//! Which numbers augmentation steps may have.

use super::automatic::LEVELS;
use crate::DataError;
use convsweep_spec::augment::Step;

/// Most operations of RandAugment: as many as there are different ones.
const MAX_OPERATIONS: u32 = 14;

/// Refuses numbers out of range in the step of this index.
pub(super) fn check(index: usize, step: &Step) -> Result<(), DataError> {
    let (problem, p) = range_problem(step);
    let p_problem = || (!(0.0..=1.0).contains(&p)).then(|| format!("p is {p}: 0 to 1 expected"));
    match problem.or_else(p_problem) {
        Some(problem) => Err(DataError::Invalid(format!(
            "augment.steps[{index}]: {problem}"
        ))),
        None => Ok(()),
    }
}

/// What is wrong with the step's own numbers, and its probability.
fn range_problem(step: &Step) -> (Option<String>, f64) {
    match *step {
        Step::Rotate { degrees, p, .. } => {
            let problem = || format!("rotate is {degrees}: 0 to 360 degrees expected");
            (unless((0.0..=360.0).contains(&degrees), problem), p)
        }
        Step::Shear { degrees, p, .. } => {
            let problem = || format!("shear is {degrees}: 0 to 80 degrees expected");
            (unless((0.0..=80.0).contains(&degrees), problem), p)
        }
        Step::Scale { min, max, p, .. } => {
            let problem =
                || format!("scale is [{min}, {max}]: 0.01 ≤ smallest ≤ largest ≤ 100 expected");
            (unless(is_range(0.01, min, max, 100.0), problem), p)
        }
        Step::Blur { min, max, p } => {
            let problem =
                || format!("blur is [{min}, {max}]: 0 ≤ smallest ≤ largest ≤ 100 expected");
            (unless(is_range(0.0, min, max, 100.0), problem), p)
        }
        Step::RandomResizedCrop { min, max, p, .. } | Step::Erase { min, max, p } => {
            let problem =
                || format!("the area is [{min}, {max}]: 0 ≤ smallest ≤ largest ≤ 1 expected");
            (unless(is_range(0.0, min, max, 1.0), problem), p)
        }
        Step::Translate { share: n, p, .. }
        | Step::Brightness { strength: n, p }
        | Step::Contrast { strength: n, p }
        | Step::Saturation { strength: n, p }
        | Step::Hue { turns: n, p }
        | Step::Noise { deviation: n, p } => {
            let problem = || format!("{n} is not within 0 to 10");
            (unless((0.0..=10.0).contains(&n), problem), p)
        }
        Step::Crop { pad, p, .. } => {
            let problem = || format!("pad is {pad}: at most 4096 expected");
            (unless(pad <= 4096, problem), p)
        }
        Step::RandAugment {
            operations,
            magnitude,
            p,
        } => {
            let strongest = LEVELS - 1;
            let found = format!("rand-augment is {operations} at {magnitude}");
            let problem = || format!("{found}: at most {MAX_OPERATIONS}, at most {strongest}");
            let fits = operations <= MAX_OPERATIONS && magnitude <= strongest;
            (unless(fits, problem), p)
        }
        Step::Flip { p, .. }
        | Step::Grayscale { p }
        | Step::TrivialAugment { p }
        | Step::AutoAugment { p, .. }
        | Step::Mixup { p, .. }
        | Step::Cutmix { p, .. } => (None, p),
    }
}

fn unless(fits: bool, problem: impl FnOnce() -> String) -> Option<String> {
    (!fits).then(problem)
}

fn is_range(lowest: f64, min: f64, max: f64, highest: f64) -> bool {
    lowest <= min && min <= max && max <= highest
}
