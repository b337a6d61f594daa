//! Colours, anti-aliased painting and noise of the drawn shapes.

use super::background::Background;
use convsweep_spec::random::Draws;

/// Red, green and blue in [0, 1].
type Colour = [f64; 3];

const BLACK: Colour = [0.0; 3];
const WHITE: Colour = [1.0; 3];
/// Smallest difference in luma between a shape and its background.
const CONTRAST: f64 = 0.22;
/// How many colours are drawn until one stands out.
const COLOUR_DRAWS: usize = 32;

/// A square image that is being painted.
pub(super) struct Canvas {
    side: usize,
    pixels: Vec<Colour>,
    foreground: Colour,
}

impl Canvas {
    /// Paints the background and chooses a colour for the shape that stands out against it.
    ///
    /// `color` goes from 0, white on black, to 1, any colours; `texture` is the strength of the
    /// background's pattern.
    pub(super) fn new(side: usize, color: f64, texture: f64, draws: &mut Draws) -> Canvas {
        let first = mix(BLACK, random_colour(draws), color);
        let second = mix([draws.unit() * 0.6; 3], random_colour(draws), color);
        let second = mix(first, second, texture);
        let foreground = foreground(first, second, color, draws);
        let background = Background::draw(side as f64, draws);
        let mut pixels = Vec::with_capacity(side * side);
        for i in 0..side * side {
            let [x, y] = centre_of_pixel(i, side);
            pixels.push(mix(first, second, background.at(x, y)));
        }
        Canvas {
            side,
            pixels,
            foreground,
        }
    }

    /// Paints a shape given by the signed distance of each place from its edge in pixels, negative
    /// inside. A pixel that the edge crosses is covered in part.
    pub(super) fn stamp(&mut self, distance: impl Fn(f64, f64) -> f64) {
        for (i, pixel) in self.pixels.iter_mut().enumerate() {
            let [x, y] = centre_of_pixel(i, self.side);
            let covered = 0.5 - distance(x, y);
            *pixel = mix(*pixel, self.foreground, covered.clamp(0.0, 1.0));
        }
    }

    /// The image as bytes, `[3, side, side]`, with Gaussian noise of this standard deviation.
    pub(super) fn into_bytes(self, noise: f64, draws: &mut Draws) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(3 * self.pixels.len());
        for channel in 0..3 {
            for pair in self.pixels.chunks(2) {
                let (first, second) = if noise > 0.0 {
                    draws.normal_pair()
                } else {
                    (0.0, 0.0)
                };
                for (pixel, deviation) in pair.iter().zip([first, second]) {
                    bytes.push(to_byte(pixel[channel] + noise * deviation));
                }
            }
        }
        bytes
    }
}

fn centre_of_pixel(i: usize, side: usize) -> [f64; 2] {
    [(i % side) as f64 + 0.5, (i / side) as f64 + 0.5]
}

fn to_byte(value: f64) -> u8 {
    (value * 255.0).round().clamp(0.0, 255.0) as u8
}

fn random_colour(draws: &mut Draws) -> Colour {
    [draws.unit(), draws.unit(), draws.unit()]
}

/// A colour that stands out against a background between two colours: a random one, or black or
/// white if none is found.
fn foreground(first: Colour, second: Colour, color: f64, draws: &mut Draws) -> Colour {
    for _ in 0..COLOUR_DRAWS {
        let colour = mix(WHITE, random_colour(draws), color);
        if stands_out(colour, first, second) {
            return colour;
        }
    }
    if luma(first) + luma(second) > 1.0 {
        BLACK
    } else {
        WHITE
    }
}

fn mix(a: Colour, b: Colour, share: f64) -> Colour {
    [0, 1, 2].map(|c| a[c] + (b[c] - a[c]) * share)
}

fn luma([r, g, b]: Colour) -> f64 {
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// Whether a colour differs enough from every colour between two others.
fn stands_out(colour: Colour, a: Colour, b: Colour) -> bool {
    let (low, high) = (luma(a).min(luma(b)), luma(a).max(luma(b)));
    luma(colour) > high + CONTRAST || luma(colour) < low - CONTRAST
}
