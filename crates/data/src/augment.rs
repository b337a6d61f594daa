//! What an image becomes on its way into training.

use crate::DataError;
use crate::random::{Draws, Purpose};
use convsweep_kernels::{Affine, Fill, Size, crop, flip_horizontal, flip_vertical, warp, widen};
use convsweep_spec::augment::{self as spec, AugmentSpec, FlipAxis, Step};

/// The steps of an experiment, neighbouring rotations and scalings joined.
#[derive(Clone, Debug)]
pub(crate) struct Augmentation {
    stages: Vec<Stage>,
}

#[derive(Clone, Debug)]
enum Stage {
    /// Steps with one bilinear warp between them.
    Warp {
        fill: Fill,
        moves: Vec<Move>,
    },
    Flip {
        step: u64,
        axis: FlipAxis,
        p: f64,
    },
    Crop {
        step: u64,
        pad: u32,
        fill: Fill,
        p: f64,
    },
}

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
                Step::Scale { min, max, fill, p } => (Kind::Scale { min: *min, max: *max }, fill, *p),
                Step::Flip { axis, p } => {
                    stages.push(Stage::Flip { step: step_number, axis: *axis, p: *p });
                    continue;
                }
                Step::Mixup { .. } | Step::Cutmix { .. } => continue,
                Step::Crop { pad, fill, p } => {
                    stages.push(Stage::Crop { step: step_number, pad: *pad, fill: kernel_fill(*fill), p: *p });
                    continue;
                }
            };
            let new = Move { step: step_number, kind, p };
            match stages.last_mut() {
                Some(Stage::Warp { fill, moves }) if *fill == kernel_fill(*step_fill) => moves.push(new),
                _ => stages.push(Stage::Warp { fill: kernel_fill(*step_fill), moves: vec![new] }),
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
                    let Some(map) = affine(moves, &mut draws) else { continue };
                    match touched {
                        false => warp(image, size, &map, *fill, now),
                        true => {
                            warp(now.as_slice(), size, &map, *fill, next);
                            std::mem::swap(now, next);
                        }
                    }
                }
                Stage::Flip { step, axis, p } => {
                    if draws(*step).unit() >= *p {
                        continue;
                    }
                    if !touched {
                        widen(image, now);
                    }
                    match axis {
                        FlipAxis::Horizontal => flip_horizontal(now, size),
                        FlipAxis::Vertical => flip_vertical(now, size),
                    }
                }
                Stage::Crop { step, pad, fill, p } => {
                    let mut draws = draws(*step);
                    if draws.unit() >= *p {
                        continue;
                    }
                    let mut place = || draws.below(2 * u64::from(*pad) + 1) as i64 - i64::from(*pad);
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
fn affine(moves: &[Move], draws: &mut dyn FnMut(u64) -> Draws) -> Option<Affine> {
    let mut map = None;
    for step in moves {
        let mut draws = draws(step.step);
        if draws.unit() >= step.p {
            continue;
        }
        let next = match step.kind {
            Kind::Rotate { degrees } => Affine::rotation(draws.within(-degrees, degrees).to_radians()),
            Kind::Scale { min, max } => Affine::scaling(draws.within(min, max)),
        };
        map = Some(map.map_or(next, |map: Affine| map.then(next)));
    }
    map
}

fn kernel_fill(fill: spec::Fill) -> Fill {
    match fill {
        spec::Fill::Zero => Fill::Zero,
        spec::Fill::Reflect => Fill::Reflect,
        spec::Fill::Nearest => Fill::Nearest,
    }
}

fn check(index: usize, step: &Step) -> Result<(), DataError> {
    let (p, problem) = match step {
        Step::Rotate { degrees, p, .. } => {
            (*p, (!(0.0..=360.0).contains(degrees)).then(|| format!("rotate is {degrees}: 0 to 360 degrees expected")))
        }
        Step::Scale { min, max, p, .. } => {
            let fits = *min >= 0.01 && min <= max && *max <= 100.0;
            (*p, (!fits).then(|| format!("scale is [{min}, {max}]: 0.01 ≤ smallest ≤ largest ≤ 100 expected")))
        }
        Step::Flip { p, .. } => (*p, None),
        Step::Mixup { p, .. } | Step::Cutmix { p, .. } => (*p, None),
        Step::Crop { p, pad, .. } => (*p, (*pad > 4096).then(|| format!("pad is {pad}: at most 4096 expected"))),
    };
    let p_problem = (!(0.0..=1.0).contains(&p)).then(|| format!("p is {p}: 0 to 1 expected"));
    match problem.or(p_problem) {
        Some(problem) => Err(DataError::Invalid(format!("augment.steps[{index}]: {problem}"))),
        None => Ok(()),
    }
}
