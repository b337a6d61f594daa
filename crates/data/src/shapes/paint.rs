//! Colours, backgrounds and noise of the drawn shapes.

use convsweep_spec::random::Draws;
use std::f64::consts::TAU;

type Colour = [f64; 3];

const BLACK: Colour = [0.0; 3];
const WHITE: Colour = [1.0; 3];
/// Least difference in luma between a shape and its background.
const CONTRAST: f64 = 0.22;

/// An image being painted, RGB in [0, 1].
pub(super) struct Canvas {
    side: usize,
    pixels: Vec<Colour>,
    foreground: Colour,
}

impl Canvas {
    /// A background, and a colour for the shape that stands out against it.
    ///
    /// `color` goes from white on black to any colours, `texture` is the strength of the
    /// background's pattern.
    pub(super) fn new(side: usize, color: f64, texture: f64, draws: &mut Draws) -> Canvas {
        let random = |draws: &mut Draws| [draws.unit(), draws.unit(), draws.unit()];
        let background = mix(BLACK, random(draws), color);
        let second = mix([draws.unit() * 0.6; 3], random(draws), color);
        let lightest = mix(background, second, texture);
        let mut foreground = WHITE;
        for _ in 0..32 {
            foreground = mix(WHITE, random(draws), color);
            if stands_out(foreground, background, lightest) {
                break;
            }
            foreground = if luma(background) + luma(lightest) > 1.0 {
                BLACK
            } else {
                WHITE
            };
        }
        let pattern = Pattern::draw(side as f64, draws);
        let pixel = |i: usize| {
            mix(
                background,
                lightest,
                pattern.at((i % side) as f64 + 0.5, (i / side) as f64 + 0.5),
            )
        };
        Canvas {
            side,
            pixels: (0..side * side).map(pixel).collect(),
            foreground,
        }
    }

    /// Paints a shape given by its distance in pixels, negative inside; pixels that the edge
    /// crosses get their share of it.
    pub(super) fn stamp(&mut self, distance: impl Fn(f64, f64) -> f64) {
        for (i, pixel) in self.pixels.iter_mut().enumerate() {
            let covered =
                0.5 - distance((i % self.side) as f64 + 0.5, (i / self.side) as f64 + 0.5);
            *pixel = mix(*pixel, self.foreground, covered.clamp(0.0, 1.0));
        }
    }

    /// The image as bytes, `[3, side, side]`, with Gaussian noise of this standard deviation.
    pub(super) fn into_bytes(self, noise: f64, draws: &mut Draws) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(3 * self.pixels.len());
        let byte = |value: f64| (value * 255.0).round().clamp(0.0, 255.0) as u8;
        for c in 0..3 {
            for pair in self.pixels.chunks(2) {
                let (first, second) = if noise > 0.0 {
                    draws.normal_pair()
                } else {
                    (0.0, 0.0)
                };
                bytes.extend(
                    pair.iter()
                        .zip([first, second])
                        .map(|(pixel, n)| byte(pixel[c] + noise * n)),
                );
            }
        }
        bytes
    }
}

fn mix(a: Colour, b: Colour, share: f64) -> Colour {
    [0, 1, 2].map(|c| a[c] + (b[c] - a[c]) * share)
}

fn luma([r, g, b]: Colour) -> f64 {
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// Whether a colour differs from all between two others.
fn stands_out(colour: Colour, a: Colour, b: Colour) -> bool {
    let (low, high) = (luma(a).min(luma(b)), luma(a).max(luma(b)));
    luma(colour) > high + CONTRAST || luma(colour) < low - CONTRAST
}

/// How a background goes over from its first to its second colour.
enum Pattern {
    /// Evenly from one side to the other.
    Gradient { direction: [f64; 2], side: f64 },
    /// Soft stripes.
    Stripes { wave: [f64; 2], phase: f64 },
    /// Squares, turned.
    Checks { wave: [f64; 2], phase: [f64; 2] },
    /// Soft dots.
    Dots { wave: [f64; 2], phase: [f64; 2] },
    /// Clouds: two octaves of value noise.
    Clouds {
        scale: f64,
        coarse: Box<Lattice>,
        fine: Box<Lattice>,
    },
}

impl Pattern {
    fn draw(side: f64, draws: &mut Draws) -> Pattern {
        let kind = draws.below(5);
        let (sin, cos) = draws.within(0.0, TAU).sin_cos();
        let waves = draws.within(2.0, 5.0);
        let wave = [cos * waves / side * TAU, sin * waves / side * TAU];
        let phase = [draws.within(0.0, TAU), draws.within(0.0, TAU)];
        match kind {
            0 => Pattern::Gradient {
                direction: [cos, sin],
                side,
            },
            1 => Pattern::Stripes {
                wave,
                phase: phase[0],
            },
            2 => Pattern::Checks { wave, phase },
            3 => Pattern::Dots { wave, phase },
            _ => Pattern::Clouds {
                scale: 1.5 * waves / side,
                coarse: Lattice::draw(draws),
                fine: Lattice::draw(draws),
            },
        }
    }

    /// 0 (first colour) to 1 (second colour).
    fn at(&self, x: f64, y: f64) -> f64 {
        let turned = |wave: &[f64; 2], phase: &[f64; 2]| {
            (
                (x * wave[0] + y * wave[1] + phase[0]).sin(),
                (y * wave[0] - x * wave[1] + phase[1]).sin(),
            )
        };
        match self {
            Pattern::Gradient { direction, side } => {
                let along =
                    ((x - side / 2.0) * direction[0] + (y - side / 2.0) * direction[1]) / side;
                (along + 0.5).clamp(0.0, 1.0)
            }
            Pattern::Stripes { wave, phase } => {
                0.5 + 0.5 * (x * wave[0] + y * wave[1] + phase).sin()
            }
            Pattern::Checks { wave, phase } => {
                let (a, b) = turned(wave, phase);
                0.5 + 0.5 * (6.0 * a * b).clamp(-1.0, 1.0)
            }
            Pattern::Dots { wave, phase } => {
                let (a, b) = turned(wave, phase);
                (1.5 * (a + b - 0.6)).clamp(0.0, 1.0)
            }
            Pattern::Clouds {
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

/// Random values at the whole numbers, smoothly joined (value noise).
struct Lattice([[f64; Lattice::SIDE]; Lattice::SIDE]);

impl Lattice {
    /// Enough for the finest pattern: 5 waves × 1.5 × 2, and one more at the end.
    const SIDE: usize = 17;

    fn draw(draws: &mut Draws) -> Box<Lattice> {
        Box::new(Lattice(std::array::from_fn(|_| {
            std::array::from_fn(|_| draws.unit())
        })))
    }

    fn at(&self, x: f64, y: f64) -> f64 {
        let smooth = |t: f64| t * t * (3.0 - 2.0 * t);
        let (tx, ty) = (smooth(x.fract()), smooth(y.fract()));
        let row = |y: usize| {
            let [left, right] =
                [0, 1].map(|i| self.0[y.min(Self::SIDE - 1)][(x as usize + i).min(Self::SIDE - 1)]);
            left + (right - left) * tx
        };
        let (top, bottom) = (row(y as usize), row(y as usize + 1));
        top + (bottom - top) * ty
    }
}
