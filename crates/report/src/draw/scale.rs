//! From values to pixels, and the ranges of values that axes show.

/// A linear or logarithmic scale from values to pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Values at the two ends.
    pub values: (f64, f64),
    /// Pixels at the two ends.
    pub pixels: (f64, f64),
    /// Whether it is logarithmic.
    pub log: bool,
}

impl Scale {
    /// A linear scale.
    pub fn linear(values: (f64, f64), pixels: (f64, f64)) -> Scale {
        Scale {
            values,
            pixels,
            log: false,
        }
    }

    /// Pixel of `value`, kept within the two ends.
    pub fn at(&self, value: f64) -> f64 {
        let (low, high) = (self.place(self.values.0), self.place(self.values.1));
        let share = if high == low {
            0.5
        } else {
            ((self.place(value) - low) / (high - low)).clamp(0.0, 1.0)
        };
        self.pixels.0 + share * (self.pixels.1 - self.pixels.0)
    }

    fn place(&self, value: f64) -> f64 {
        if self.log {
            value.max(f64::MIN_POSITIVE).ln()
        } else {
            value
        }
    }
}

/// Smallest and largest finite value; `None` without any.
pub fn extent(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    let mut found: Option<(f64, f64)> = None;
    for value in values.into_iter().filter(|v| v.is_finite()) {
        let (low, high) = found.unwrap_or((value, value));
        found = Some((low.min(value), high.max(value)));
    }
    found
}

/// A range with room around it, so that points do not lie on the frame; never empty.
pub fn padded((low, high): (f64, f64), share: f64) -> (f64, f64) {
    let span = high - low;
    let room = if span > 0.0 {
        span * share
    } else {
        (low.abs() * 0.05).max(1e-3)
    };
    (low - room, high + room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_map_their_ends_and_clamp() {
        let scale = Scale {
            values: (1.0, 100.0),
            pixels: (0.0, 200.0),
            log: true,
        };
        let pixels = [1.0, 10.0, 1000.0].map(|value| scale.at(value));
        assert_eq!(pixels, [0.0, 100.0, 200.0]);
    }

    #[test]
    fn ranges_are_never_empty() {
        assert_eq!(padded((2.0, 2.0), 0.05), (1.9, 2.1));
        assert_eq!(extent([3.0, f64::NAN, 1.0]), Some((1.0, 3.0)));
        assert_eq!(extent([]), None);
    }
}
