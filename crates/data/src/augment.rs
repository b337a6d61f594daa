//! What an image becomes on its way into training.

use crate::DataError;
use crate::change::Change;
use crate::policy::LEVELS;
use convsweep_kernels::{
    Affine, BorderMode, Size, crop, flip_horizontal, flip_vertical, warp, widen,
};
use convsweep_spec::augment::{self as spec, AugmentSpec, FlipAxis, Step};
use convsweep_spec::random::{Draws, Purpose};

/// The steps of an experiment, neighbouring rotations and scalings joined.
#[derive(Clone, Debug)]
pub(crate) struct Augmentation {
    stages: Vec<Stage>,
}

#[derive(Clone, Debug)]
enum Stage {
    /// Steps with one bilinear warp between them.
    Warp {
        fill: BorderMode,
        moves: Vec<Move>,
    },
    Flip {
        step: u64,
        axis: FlipAxis,
        p: f64,
    },
    Change {
        step: u64,
        change: Change,
        p: f64,
    },
    Crop {
        step: u64,
        pad: u32,
        fill: BorderMode,
        p: f64,
    },
}

/// Aspect ratios drawn for a part that fits, at most.
const TRIES: u32 = 10;

#[derive(Clone, Copy, Debug)]
struct Move {
    step: u64,
    kind: Kind,
    p: f64,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Rotate { degrees: f64 },
    Scale { min: f64, max: f64 },
    Translate { share: f64 },
    Shear { degrees: f64 },
    Part { min: f64, max: f64, ratio: f64 },
}

/// Two images' worth of memory that calls share.
#[derive(Default)]
pub(crate) struct Scratch {
    now: Vec<f32>,
    next: Vec<f32>,
}

impl Augmentation {
    /// Checks the numbers of the steps.
    pub(crate) fn new(spec: &AugmentSpec) -> Result<Augmentation, DataError> {
        let mut stages: Vec<Stage> = Vec::new();
        for (i, step) in spec.steps.iter().enumerate() {
            check(i, step)?;
            let step_number = i as u64;
            let (kind, step_fill, p) = match step {
                Step::Rotate { degrees, fill, p } => (Kind::Rotate { degrees: *degrees }, fill, *p),
                Step::Scale { min, max, fill, p } => (
                    Kind::Scale {
                        min: *min,
                        max: *max,
                    },
                    fill,
                    *p,
                ),
                Step::Translate { share, fill, p } => (Kind::Translate { share: *share }, fill, *p),
                Step::Shear { degrees, fill, p } => (Kind::Shear { degrees: *degrees }, fill, *p),
                Step::RandomResizedCrop { min, max, ratio, p } => (
                    Kind::Part {
                        min: *min,
                        max: *max,
                        ratio: *ratio,
                    },
                    &spec::Fill::Nearest,
                    *p,
                ),
                Step::Flip { axis, p } => {
                    stages.push(Stage::Flip {
                        step: step_number,
                        axis: *axis,
                        p: *p,
                    });
                    continue;
                }
                _ if step.is_over_batch() => continue,
                Step::Crop { pad, fill, p } => {
                    stages.push(Stage::Crop {
                        step: step_number,
                        pad: *pad,
                        fill: kernel_fill(*fill),
                        p: *p,
                    });
                    continue;
                }
                other => {
                    let change = Change::of(other).map(|(change, p)| Stage::Change {
                        step: step_number,
                        change,
                        p,
                    });
                    stages.extend(change);
                    continue;
                }
            };
            let new = Move {
                step: step_number,
                kind,
                p,
            };
            match stages.last_mut() {
                Some(Stage::Warp { fill, moves }) if *fill == kernel_fill(*step_fill) => {
                    moves.push(new)
                }
                _ => stages.push(Stage::Warp {
                    fill: kernel_fill(*step_fill),
                    moves: vec![new],
                }),
            }
        }
        Ok(Augmentation { stages })
    }

    /// The augmented image, values 0 to 255; `None` where it stays the image that it is.
    ///
    /// A pure function of image, seed, epoch and row.
    pub(crate) fn apply<'a>(
        &self,
        image: &[u8],
        size: Size,
        [seed, epoch, row]: [u64; 3],
        scratch: &'a mut Scratch,
    ) -> Option<&'a [f32]> {
        let Scratch { now, next } = scratch;
        now.resize(size.len(), 0.0);
        next.resize(size.len(), 0.0);
        let mut touched = false;
        for stage in &self.stages {
            let mut draws = |step| Draws::new(Purpose::Augment, &[seed, epoch, row, step]);
            match stage {
                Stage::Warp { fill, moves } => {
                    let Some(map) = affine(moves, size, &mut draws) else {
                        continue;
                    };
                    match touched {
                        false => warp(image, size, &map, *fill, now),
                        true => {
                            warp(now.as_slice(), size, &map, *fill, next);
                            std::mem::swap(now, next);
                        }
                    }
                }
                Stage::Flip { step, axis, p } => {
                    let is_flipped = match axis {
                        // Drawn once for the image, then every other epoch.
                        FlipAxis::Alternating => {
                            (Draws::new(Purpose::Augment, &[seed, row, *step]).bits() ^ epoch) & 1
                                == 1
                        }
                        _ => draws(*step).unit() < *p,
                    };
                    if !is_flipped {
                        continue;
                    }
                    if !touched {
                        widen(image, now);
                    }
                    match axis {
                        FlipAxis::Horizontal | FlipAxis::Alternating => flip_horizontal(now, size),
                        FlipAxis::Vertical => flip_vertical(now, size),
                    }
                }
                Stage::Change { step, change, p } => {
                    let mut draws = draws(*step);
                    if draws.unit() >= *p {
                        continue;
                    }
                    if !touched {
                        widen(image, now);
                    }
                    change.apply(&mut draws, now, next, size);
                }
                Stage::Crop { step, pad, fill, p } => {
                    let mut draws = draws(*step);
                    if draws.unit() >= *p {
                        continue;
                    }
                    let mut place =
                        || draws.below(2 * u64::from(*pad) + 1) as i64 - i64::from(*pad);
                    let (left, top) = (place(), place());
                    match touched {
                        false => crop(image, size, left, top, *fill, now),
                        true => {
                            crop(now.as_slice(), size, left, top, *fill, next);
                            std::mem::swap(now, next);
                        }
                    }
                }
            }
            touched = true;
        }
        touched.then_some(now.as_slice())
    }
}

/// The moves that this image gets, as one map; none where it gets none.
fn affine(moves: &[Move], size: Size, draws: &mut dyn FnMut(u64) -> Draws) -> Option<Affine> {
    let mut map = None;
    for step in moves {
        let mut draws = draws(step.step);
        if draws.unit() >= step.p {
            continue;
        }
        let next = match step.kind {
            Kind::Rotate { degrees } => {
                Affine::rotation(draws.within(-degrees, degrees).to_radians())
            }
            Kind::Scale { min, max } => Affine::scaling(draws.within(min, max)),
            Kind::Translate { share } => {
                let mut shift = |side: usize| draws.within(-share, share) * side as f64;
                Affine::translation(shift(size.width), shift(size.height))
            }
            Kind::Shear { degrees } => {
                Affine::shear(draws.within(-degrees, degrees).to_radians().tan())
            }
            Kind::Part { min, max, ratio } => part(&mut draws, size, [min, max], ratio),
        };
        map = Some(map.map_or(next, |map: Affine| map.then(next)));
    }
    map
}

/// A random part of the image as the whole.
fn part(draws: &mut Draws, size: Size, [min, max]: [f64; 2], ratio: f64) -> Affine {
    for _ in 0..TRIES {
        let (area, aspect) = (
            draws.within(min, max),
            draws.within(-ratio.ln(), ratio.ln()).exp(),
        );
        let share = [(area / aspect).sqrt(), (area * aspect).sqrt()];
        let place = [draws.within(-0.5, 0.5), draws.within(-0.5, 0.5)];
        if share.iter().all(|s| *s <= 1.0) {
            let sides = [size.width, size.height].map(|side| side as f64);
            return Affine::part(
                share,
                [0, 1].map(|i| place[i] * (1.0 - share[i]) * sides[i]),
            );
        }
    }
    Affine::IDENTITY
}

fn kernel_fill(fill: spec::Fill) -> BorderMode {
    match fill {
        spec::Fill::Zero => BorderMode::Zero,
        spec::Fill::Reflect => BorderMode::Reflect,
        spec::Fill::Nearest => BorderMode::Nearest,
    }
}

fn check(index: usize, step: &Step) -> Result<(), DataError> {
    let (p, problem) = match step {
        Step::Rotate { degrees, p, .. } => (
            *p,
            (!(0.0..=360.0).contains(degrees))
                .then(|| format!("rotate is {degrees}: 0 to 360 degrees expected")),
        ),
        Step::Scale { min, max, p, .. } => {
            let fits = *min >= 0.01 && min <= max && *max <= 100.0;
            (
                *p,
                (!fits).then(|| {
                    format!("scale is [{min}, {max}]: 0.01 ≤ smallest ≤ largest ≤ 100 expected")
                }),
            )
        }
        Step::Flip { p, .. } => (*p, None),
        Step::Mixup { p, .. } | Step::Cutmix { p, .. } | Step::Grayscale { p } => (*p, None),
        Step::TrivialAugment { p } | Step::AutoAugment { p, .. } => (*p, None),
        Step::RandAugment {
            operations,
            magnitude,
            p,
        } => {
            let fits = *operations <= 14 && *magnitude < LEVELS;
            let found = || {
                format!(
                    "rand-augment is {operations} at {magnitude}: at most 14, at most {}",
                    LEVELS - 1
                )
            };
            (*p, (!fits).then(found))
        }
        Step::Translate { share: n, p, .. }
        | Step::Brightness { strength: n, p }
        | Step::Contrast { strength: n, p }
        | Step::Saturation { strength: n, p }
        | Step::Hue { turns: n, p }
        | Step::Noise { deviation: n, p } => (
            *p,
            (!(0.0..=10.0).contains(n)).then(|| format!("{n} is not within 0 to 10")),
        ),
        Step::Shear { degrees, p, .. } => (
            *p,
            (!(0.0..=80.0).contains(degrees))
                .then(|| format!("shear is {degrees}: 0 to 80 degrees expected")),
        ),
        Step::RandomResizedCrop { min, max, p, .. } | Step::Erase { min, max, p } => {
            let fits = *min >= 0.0 && min <= max && *max <= 1.0;
            (
                *p,
                (!fits).then(|| {
                    format!("the area is [{min}, {max}]: 0 ≤ smallest ≤ largest ≤ 1 expected")
                }),
            )
        }
        Step::Blur { min, max, p } => {
            let fits = *min >= 0.0 && min <= max && *max <= 100.0;
            (
                *p,
                (!fits).then(|| {
                    format!("blur is [{min}, {max}]: 0 ≤ smallest ≤ largest ≤ 100 expected")
                }),
            )
        }
        Step::Crop { p, pad, .. } => (
            *p,
            (*pad > 4096).then(|| format!("pad is {pad}: at most 4096 expected")),
        ),
    };
    let p_problem = (!(0.0..=1.0).contains(&p)).then(|| format!("p is {p}: 0 to 1 expected"));
    match problem.or(p_problem) {
        Some(problem) => Err(DataError::Invalid(format!(
            "augment.steps[{index}]: {problem}"
        ))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use convsweep_spec::augment::Normalize;

    const SIZE: Size = Size {
        channels: 1,
        height: 33,
        width: 33,
    };

    /// A picture whose values rise by 4 from column to column, after one step.
    fn after(step: Step, row: u64) -> Vec<f32> {
        let spec = AugmentSpec {
            normalize: Normalize::Unit,
            steps: vec![step],
        };
        let image: Vec<u8> = (0..SIZE.len())
            .map(|i| (i % SIZE.width * 4) as u8)
            .collect();
        let mut scratch = Scratch::default();
        let found = Augmentation::new(&spec)
            .expect("right")
            .apply(&image, SIZE, [1, 2, row], &mut scratch)
            .map(<[f32]>::to_vec);
        found.expect("always changed")
    }

    /// Value in the middle of the picture's row `y`, and its rise from column to column there.
    fn middle(picture: &[f32], y: usize) -> [f32; 2] {
        let at = y * SIZE.width + 16;
        [picture[at], (picture[at + 1] - picture[at - 1]) / 2.0]
    }

    #[test]
    fn an_alternating_flip_shows_both_sides_in_any_two_epochs() {
        let spec = AugmentSpec {
            normalize: Normalize::Unit,
            steps: vec![Step::Flip {
                axis: FlipAxis::Alternating,
                p: 1.0,
            }],
        };
        let augmentation = Augmentation::new(&spec).expect("right");
        let image: Vec<u8> = (0..SIZE.len())
            .map(|i| (i % SIZE.width * 4) as u8)
            .collect();
        let is_flipped = |epoch, row| {
            let mut scratch = Scratch::default();
            augmentation
                .apply(&image, SIZE, [1, epoch, row], &mut scratch)
                .is_some_and(|found| found[0] == 128.0)
        };
        let first: Vec<bool> = (0..200).map(|row| is_flipped(0, row)).collect();
        let count = first.iter().filter(|f| **f).count();
        assert!((70..130).contains(&count), "{count} of 200 begin flipped");
        for epoch in 1..5 {
            let now = (0..200).map(|row| is_flipped(epoch, row));
            assert!(
                now.zip(&first)
                    .all(|(now, first)| now == (*first ^ (epoch % 2 == 1))),
                "epoch {epoch}"
            );
        }
    }

    #[test]
    fn warps_move_slant_and_enlarge() {
        let near = |a: f32, b: f32| (a - b).abs() < 1e-2;
        for row in 0..20 {
            let moved = after(
                Step::Translate {
                    share: 0.2,
                    fill: spec::Fill::Nearest,
                    p: 1.0,
                },
                row,
            );
            let [value, rise] = middle(&moved, 16);
            assert!(
                near(rise, 4.0) && (value - 64.0).abs() <= 4.0 * 0.2 * 33.0,
                "{value} {rise}"
            );
            let slanted = after(
                Step::Shear {
                    degrees: 20.0,
                    fill: spec::Fill::Nearest,
                    p: 1.0,
                },
                row,
            );
            let [up, middle_row, down] = [12, 16, 20].map(|y| middle(&slanted, y)[0]);
            assert!(
                near(middle_row, 64.0) && near(up + down, 128.0),
                "{up} {middle_row} {down}"
            );
            assert!((down - up).abs() <= 4.0 * 8.0 * 20f32.to_radians().tan() + 0.01);
            let part = after(
                Step::RandomResizedCrop {
                    min: 0.25,
                    max: 0.25,
                    ratio: 1.0,
                    p: 1.0,
                },
                row,
            );
            let [value, rise] = middle(&part, 16);
            assert!(
                near(rise, 2.0) && (value - 64.0).abs() <= 4.0 * 33.0 / 4.0,
                "{value} {rise}"
            );
        }
        let moved: Vec<_> = (0..20)
            .map(|row| {
                after(
                    Step::Translate {
                        share: 0.2,
                        fill: spec::Fill::Zero,
                        p: 1.0,
                    },
                    row,
                )
            })
            .collect();
        assert!(moved.windows(2).any(|w| w[0] != w[1]));
    }
}
