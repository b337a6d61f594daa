//! Rotations, scalings, translations, shears and enlarged parts, as maps of the plane.

use convsweep_kernels::{Affine, Size};
use convsweep_spec::random::Draws;

/// One geometric step.
#[derive(Clone, Copy, Debug)]
pub(super) struct GeometricStep {
    /// Number of the step in the experiment.
    pub(super) step: u64,
    pub(super) kind: GeometricKind,
    /// Probability that it is applied to an image.
    pub(super) p: f64,
}

/// Kinds of geometric steps, with the ranges that are drawn from.
#[derive(Clone, Copy, Debug)]
pub(super) enum GeometricKind {
    Rotate {
        degrees: f64,
    },
    Scale {
        min: f64,
        max: f64,
    },
    Translate {
        share: f64,
    },
    Shear {
        degrees: f64,
    },
    /// A random part of the image, enlarged to the whole.
    EnlargedPart {
        min: f64,
        max: f64,
        ratio: f64,
    },
}

/// How many parts are drawn until one fits into the image.
const PART_DRAWS: u32 = 10;

/// One map for all steps that are applied to an image; none if no step is.
pub(super) fn combined_map(
    steps: &[GeometricStep],
    size: Size,
    draws: &mut impl FnMut(u64) -> Draws,
) -> Option<Affine> {
    let mut combined: Option<Affine> = None;
    for step in steps {
        let mut draws = draws(step.step);
        if draws.unit() >= step.p {
            continue;
        }
        let next = draw_map(step.kind, size, &mut draws);
        combined = Some(match combined {
            Some(before) => before.then(next),
            None => next,
        });
    }
    combined
}

fn draw_map(kind: GeometricKind, size: Size, draws: &mut Draws) -> Affine {
    match kind {
        GeometricKind::Rotate { degrees } => {
            Affine::rotation(draws.within(-degrees, degrees).to_radians())
        }
        GeometricKind::Scale { min, max } => Affine::scaling(draws.within(min, max)),
        GeometricKind::Translate { share } => {
            let mut shift = |side: usize| draws.within(-share, share) * side as f64;
            Affine::translation(shift(size.width), shift(size.height))
        }
        GeometricKind::Shear { degrees } => {
            Affine::shear(draws.within(-degrees, degrees).to_radians().tan())
        }
        GeometricKind::EnlargedPart { min, max, ratio } => {
            enlarged_part(draws, size, [min, max], ratio)
        }
    }
}

/// A random part of the image as the whole; the whole image if no drawn part fits into it.
fn enlarged_part(draws: &mut Draws, size: Size, [min, max]: [f64; 2], ratio: f64) -> Affine {
    for _ in 0..PART_DRAWS {
        let area = draws.within(min, max);
        let aspect = draws.within(-ratio.ln(), ratio.ln()).exp();
        // Width and height of the part as shares of the image's.
        let shares = [(area / aspect).sqrt(), (area * aspect).sqrt()];
        let place = [draws.within(-0.5, 0.5), draws.within(-0.5, 0.5)];
        if shares.iter().all(|share| *share <= 1.0) {
            let sides = [size.width as f64, size.height as f64];
            let shift = [0, 1].map(|i| place[i] * (1.0 - shares[i]) * sides[i]);
            return Affine::part(shares, shift);
        }
    }
    Affine::IDENTITY
}
