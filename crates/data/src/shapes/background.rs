//! Patterns behind the drawn shapes.

use super::value_noise::ValueNoise;
use convsweep_spec::random::Draws;
use std::f64::consts::TAU;

/// How a background passes from its first to its second colour.
pub(super) enum Background {
    /// Evenly from one side to the other.
    Gradient { direction: [f64; 2], side: f64 },
    /// Soft stripes.
    Stripes { wave: [f64; 2], phase: f64 },
    /// Tilted squares.
    Checks { wave: [f64; 2], phase: [f64; 2] },
    /// Soft dots.
    Dots { wave: [f64; 2], phase: [f64; 2] },
    /// Clouds: two octaves of value noise.
    Clouds {
        scale: f64,
        coarse: Box<ValueNoise>,
        fine: Box<ValueNoise>,
    },
}

impl Background {
    /// A background of a random kind for an image of `side` pixels.
    pub(super) fn draw(side: f64, draws: &mut Draws) -> Background {
        let kind = draws.below(5);
        let (sin, cos) = draws.within(0.0, TAU).sin_cos();
        let waves = draws.within(2.0, 5.0);
        let wave = [cos * waves / side * TAU, sin * waves / side * TAU];
        let phase = [draws.within(0.0, TAU), draws.within(0.0, TAU)];
        match kind {
            0 => Background::Gradient {
                direction: [cos, sin],
                side,
            },
            1 => Background::Stripes {
                wave,
                phase: phase[0],
            },
            2 => Background::Checks { wave, phase },
            3 => Background::Dots { wave, phase },
            _ => Background::Clouds {
                scale: 1.5 * waves / side,
                coarse: ValueNoise::draw(draws),
                fine: ValueNoise::draw(draws),
            },
        }
    }

    /// Share of the second colour at a place, 0 to 1.
    pub(super) fn at(&self, x: f64, y: f64) -> f64 {
        match self {
            Background::Gradient { direction, side } => {
                let along =
                    ((x - side / 2.0) * direction[0] + (y - side / 2.0) * direction[1]) / side;
                (along + 0.5).clamp(0.0, 1.0)
            }
            Background::Stripes { wave, phase } => {
                0.5 + 0.5 * (x * wave[0] + y * wave[1] + phase).sin()
            }
            Background::Checks { wave, phase } => {
                let (a, b) = crossed_waves([x, y], wave, phase);
                0.5 + 0.5 * (6.0 * a * b).clamp(-1.0, 1.0)
            }
            Background::Dots { wave, phase } => {
                let (a, b) = crossed_waves([x, y], wave, phase);
                (1.5 * (a + b - 0.6)).clamp(0.0, 1.0)
            }
            Background::Clouds {
                scale,
                coarse,
                fine,
            } => {
                (coarse.at(x * scale, y * scale) * 2.0 + fine.at(2.0 * x * scale, 2.0 * y * scale))
                    / 3.0
            }
        }
    }
}

/// Heights of two waves at a right angle to each other.
fn crossed_waves([x, y]: [f64; 2], wave: &[f64; 2], phase: &[f64; 2]) -> (f64, f64) {
    (
        (x * wave[0] + y * wave[1] + phase[0]).sin(),
        (y * wave[0] - x * wave[1] + phase[1]).sin(),
    )
}
