//! Ranges of numbers.

/// Numbers from `min` to `max`; an end that is `open` does not belong to them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub min: f64,
    pub max: f64,
    pub min_open: bool,
    pub max_open: bool,
}

impl Bounds {
    /// Any finite number.
    pub(crate) const FINITE: Bounds = Bounds::closed(f64::MIN, f64::MAX);
    /// Above 0.
    pub(crate) const POSITIVE: Bounds = Bounds::above(0.0, f64::MAX);
    /// At least 0.
    pub(crate) const NOT_NEGATIVE: Bounds = Bounds::closed(0.0, f64::MAX);
    /// From 0 to 1.
    pub(crate) const SHARE: Bounds = Bounds::closed(0.0, 1.0);
    /// Above 0, up to 1.
    pub(crate) const POSITIVE_SHARE: Bounds = Bounds::above(0.0, 1.0);
    /// From 0 to below 1.
    pub(crate) const BELOW_ONE: Bounds = Bounds {
        max_open: true,
        ..Bounds::SHARE
    };
    /// Between 0 and 1.
    pub(crate) const BETWEEN_ZERO_AND_ONE: Bounds = Bounds {
        min_open: true,
        ..Bounds::BELOW_ONE
    };

    /// Both ends belong to the range.
    pub(crate) const fn closed(min: f64, max: f64) -> Bounds {
        Bounds {
            min,
            max,
            min_open: false,
            max_open: false,
        }
    }

    /// Only the upper end belongs to the range.
    pub(crate) const fn above(min: f64, max: f64) -> Bounds {
        Bounds {
            min_open: true,
            ..Bounds::closed(min, max)
        }
    }

    pub(crate) fn contains(&self, x: f64) -> bool {
        let above = if self.min_open {
            x > self.min
        } else {
            x >= self.min
        };
        let below = if self.max_open {
            x < self.max
        } else {
            x <= self.max
        };
        above && below
    }

    /// Whether there is a smallest number.
    pub(crate) fn has_min(&self) -> bool {
        self.min > f64::MIN
    }

    /// Whether there is a largest number.
    pub(crate) fn has_max(&self) -> bool {
        self.max < f64::MAX
    }

    /// The range in words.
    pub(crate) fn describe(&self) -> String {
        let low = if self.min_open {
            "above"
        } else {
            "of at least"
        };
        let high = if self.max_open { "below" } else { "at most" };
        match (self.has_min(), self.has_max()) {
            (false, false) => "a number".into(),
            (true, false) => format!("a number {low} {}", self.min),
            (false, true) => format!("a number {high} {}", self.max),
            (true, true) if !self.min_open && !self.max_open => {
                format!("a number from {} to {}", self.min, self.max)
            }
            (true, true) => format!("a number {low} {} and {high} {}", self.min, self.max),
        }
    }
}
