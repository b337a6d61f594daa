//! Value noise: random values on a lattice with smooth transitions.

use convsweep_spec::random::Draws;

/// Random values at integer coordinates, interpolated smoothly.
pub(super) struct ValueNoise([[f64; ValueNoise::SIDE]; ValueNoise::SIDE]);

impl ValueNoise {
    /// Enough for the finest pattern: 5 waves × 1.5 × 2, and one at either end.
    const SIDE: usize = 17;

    /// New random values.
    pub(super) fn draw(draws: &mut Draws) -> Box<ValueNoise> {
        Box::new(ValueNoise(std::array::from_fn(|_| {
            std::array::from_fn(|_| draws.unit())
        })))
    }

    /// Value at a place, in [0, 1). Coordinates must not be negative.
    pub(super) fn at(&self, x: f64, y: f64) -> f64 {
        let (top, bottom) = (self.in_row(x, y as usize), self.in_row(x, y as usize + 1));
        top + (bottom - top) * smooth(y.fract())
    }

    /// Value between two neighbours of a row; beyond the last row or column the last one counts.
    fn in_row(&self, x: f64, row: usize) -> f64 {
        let row = &self.0[row.min(Self::SIDE - 1)];
        let [left, right] = [0, 1].map(|i| row[(x as usize + i).min(Self::SIDE - 1)]);
        left + (right - left) * smooth(x.fract())
    }
}

/// Share of the second of two neighbours: 0 and 1 at the ends, and level there.
fn smooth(t: f64) -> f64 {
    t * t * (3.0 - 2.0 * t)
}
