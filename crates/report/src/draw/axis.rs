//! Scales, ticks and the frame of a panel.

use super::color::{GRID, INK, MUTED};
use super::scene::{Anchor, HEADING, SMALL, Scene, TEXT, Text};
use super::text;

/// From values to pixels, linear or logarithmic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Values at the two ends.
    pub values: (f64, f64),
    /// Pixels at the two ends.
    pub pixels: (f64, f64),
    /// Whether equal factors are equal lengths.
    pub log: bool,
}

impl Scale {
    /// Pixel of `value`, kept within the two ends.
    pub fn at(&self, value: f64) -> f64 {
        let f = |v: f64| {
            if self.log {
                v.max(f64::MIN_POSITIVE).ln()
            } else {
                v
            }
        };
        let (a, b) = (f(self.values.0), f(self.values.1));
        let share = if b == a {
            0.5
        } else {
            ((f(value) - a) / (b - a)).clamp(0.0, 1.0)
        };
        self.pixels.0 + share * (self.pixels.1 - self.pixels.0)
    }
}

/// Least and largest finite value; `None` without any.
pub fn extent(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values
        .into_iter()
        .filter(|v| v.is_finite())
        .fold(None, |e, v| match e {
            None => Some((v, v)),
            Some((low, high)) => Some((low.min(v), high.max(v))),
        })
}

/// Room around a range, so that points do not lie on the frame; never an empty range.
pub fn padded((low, high): (f64, f64), share: f64) -> (f64, f64) {
    let span = high - low;
    let room = if span > 0.0 {
        span * share
    } else {
        (low.abs() * 0.05).max(1e-3)
    };
    (low - room, high + room)
}

/// Step between about `count` round numbers over `span`: 1, 2 or 5 times a power of ten.
fn step(span: f64, count: usize) -> f64 {
    let rough = span / count.max(1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .find(|f| f * power >= rough * 0.8)
        .unwrap_or(10.0);
    factor * power
}

/// Round values within a range, about `count` of them.
pub fn ticks((low, high): (f64, f64), count: usize) -> Vec<f64> {
    if !(low.is_finite() && high.is_finite() && high > low) {
        return Vec::new();
    }
    let step = step(high - low, count);
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    (first..=last).take(1000).map(|i| i as f64 * step).collect()
}

/// Whole numbers within a range, about `count` of them.
pub fn whole_ticks(range: (f64, f64), count: usize) -> Vec<f64> {
    let all = ticks(range, count);
    if all.len() > 1 && all[1] - all[0] < 1.0 {
        ticks(range, (range.1 - range.0).max(1.0) as usize)
    } else {
        all
    }
}

/// Values of a logarithmic scale: powers of ten, with 2 and 5 between where the range is short.
pub fn log_ticks((low, high): (f64, f64)) -> Vec<f64> {
    if !(low > 0.0 && high > low) {
        return Vec::new();
    }
    let decades = (high / low).log10();
    let factors: &[f64] = if decades < 0.8 {
        &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]
    } else if decades < 2.5 {
        &[1.0, 2.0, 5.0]
    } else {
        &[1.0]
    };
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let all = (first..=last).flat_map(|e| factors.iter().map(move |f| f * 10f64.powi(e)));
    all.filter(|v| (low * 0.9999..=high * 1.0001).contains(v))
        .collect()
}

/// Labels with as many decimals as the ticks need to differ.
pub fn decimals(ticks: &[f64]) -> Vec<String> {
    let step = ticks
        .windows(2)
        .map(|w| w[1] - w[0])
        .fold(f64::INFINITY, f64::min);
    let places = if step.is_finite() && step > 0.0 {
        (-(step * 1.001).log10().floor()).clamp(0.0, 8.0) as usize
    } else {
        2
    };
    ticks
        .iter()
        .map(|v| format!("{:.places$}", if *v == 0.0 { 0.0 } else { *v }).replace('-', "−"))
        .collect()
}

/// A count with k, M, G: 122570 → `123 k`.
pub fn si(value: f64) -> String {
    let (scaled, unit) = match value.abs() {
        v if v >= 1e9 => (value / 1e9, " G"),
        v if v >= 1e6 => (value / 1e6, " M"),
        v if v >= 1e3 => (value / 1e3, " k"),
        _ => (value, ""),
    };
    format!("{}{unit}", short(scaled))
}

/// Three significant digits without trailing zeros.
pub fn short(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 {
            "0".into()
        } else {
            value.to_string()
        };
    }
    let exponent = value.abs().log10().floor() as i32;
    if !(-4..6).contains(&exponent) {
        return format!("{value:.2e}")
            .replace(".00e", "e")
            .replace('-', "−");
    }
    let text = format!("{:.*}", (2 - exponent).max(0) as usize, value);
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_string()
    } else {
        text
    };
    text.replace('-', "−")
}

/// A duration in the largest unit that suits: `8.3 s`, `4 min 10 s`, `2 h 05 min`.
pub fn duration(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..=9 => format!("{seconds:.1} s"),
        10..=119 => format!("{whole} s"),
        120..=7199 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// A tick: its value and its label.
pub type Tick = (f64, String);

/// Ticks with decimal labels.
pub fn labelled(values: Vec<f64>) -> Vec<Tick> {
    let labels = decimals(&values);
    values.into_iter().zip(labels).collect()
}

/// A framed area with two scales.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// Horizontal scale, left to right.
    pub x: Scale,
    /// Vertical scale, bottom to top.
    pub y: Scale,
}

impl Panel {
    /// A panel over a box (left, top, right, bottom) with linear scales over the two ranges.
    pub fn new(
        (left, top, right, bottom): (f64, f64, f64, f64),
        x: (f64, f64),
        y: (f64, f64),
    ) -> Panel {
        Panel {
            x: Scale {
                values: x,
                pixels: (left, right),
                log: false,
            },
            y: Scale {
                values: y,
                pixels: (bottom, top),
                log: false,
            },
        }
    }

    /// Pixel of a point.
    pub fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.x.at(x), self.y.at(y))
    }

    /// Box of the panel: left, top, right, bottom.
    pub fn bounds(&self) -> (f64, f64, f64, f64) {
        (
            self.x.pixels.0,
            self.y.pixels.1,
            self.x.pixels.1,
            self.y.pixels.0,
        )
    }

    /// Draws the grid of the vertical ticks with their labels at the left.
    pub fn left_axis(&self, scene: &mut Scene, ticks: &[Tick]) {
        let (left, top, right, bottom) = self.bounds();
        let mut lowest = f64::INFINITY;
        for (value, label) in ticks {
            let y = self.y.at(*value);
            scene.rule((left, y), (right, y), GRID, 0.8);
            if y + SMALL * 1.1 < lowest {
                scene.text(
                    Text::new((left - 6.0, y + SMALL * 0.36), label, Anchor::End)
                        .size(SMALL)
                        .color(MUTED),
                );
                lowest = y;
            }
        }
        scene.rule((left, top), (left, bottom), MUTED, 0.8);
    }

    /// Draws the horizontal axis; labels that would touch their neighbour are left out.
    pub fn bottom_axis(&self, scene: &mut Scene, ticks: &[Tick], grid: bool) {
        let (left, top, right, bottom) = self.bounds();
        let mut free = f64::NEG_INFINITY;
        for (value, label) in ticks {
            let x = self.x.at(*value);
            if grid {
                scene.rule((x, top), (x, bottom), GRID, 0.8);
            }
            let half = text::width(label, SMALL, false) / 2.0;
            if x - half > free {
                scene.rule((x, bottom), (x, bottom + 4.0), MUTED, 0.8);
                scene.text(
                    Text::new((x, bottom + 15.0), label, Anchor::Middle)
                        .size(SMALL)
                        .color(MUTED),
                );
                free = x + half + 6.0;
            }
        }
        scene.rule((left, bottom), (right, bottom), MUTED, 0.8);
    }

    /// Writes the name of the horizontal axis.
    pub fn x_name(&self, scene: &mut Scene, name: &str) {
        let (left, _, right, bottom) = self.bounds();
        let room = text::fit(name, right - left + 40.0, TEXT, false);
        scene.text(Text::new(
            ((left + right) / 2.0, bottom + 32.0),
            room,
            Anchor::Middle,
        ));
    }

    /// Writes the panel's heading above it, with its vertical quantity and unit.
    pub fn heading(&self, scene: &mut Scene, name: &str) {
        let (left, top, right, _) = self.bounds();
        let name = text::fit(name, right - left + 34.0, HEADING, true);
        scene.text(
            Text::new((left - 34.0, top - 10.0), name, Anchor::Start)
                .size(HEADING)
                .bold()
                .color(INK),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        let check = |range, count, expect: &[&str]| {
            assert_eq!(decimals(&ticks(range, count)), expect, "{range:?}")
        };
        check((0.0, 10.0), 5, &["0", "2", "4", "6", "8", "10"]);
        check((61.3, 72.9), 6, &["62", "64", "66", "68", "70", "72"]);
        check(
            (-0.021, 0.021),
            4,
            &["−0.02", "−0.01", "0.00", "0.01", "0.02"],
        );
        check(
            (0.651, 0.6571),
            6,
            &[
                "0.651", "0.652", "0.653", "0.654", "0.655", "0.656", "0.657",
            ],
        );
        check((1.0, 1.0), 5, &[]);
        assert_eq!(whole_ticks((1.0, 3.0), 6), [1.0, 2.0, 3.0]);
        assert_eq!(
            log_ticks((0.9, 120.0)),
            [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0]
        );
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(
            ["123 k", "1.5 M", "12", "0.0125"],
            [122570.0, 1_500_000.0, 12.0, 0.0125]
                .map(si)
                .each_ref()
                .map(String::as_str)
        );
        assert_eq!(
            ["8.3 s", "75 s", "4 min 10 s", "2 h 05 min"],
            [8.3, 75.0, 250.0, 7500.0]
                .map(duration)
                .each_ref()
                .map(String::as_str)
        );
        assert_eq!(
            ["1e−5", "0.001", "0"],
            [1e-5, 1e-3, 0.0].map(short).each_ref().map(String::as_str)
        );
    }

    #[test]
    fn scales_map_ends_and_clamp() {
        let scale = Scale {
            values: (1.0, 100.0),
            pixels: (0.0, 200.0),
            log: true,
        };
        assert_eq!(
            [scale.at(1.0), scale.at(10.0), scale.at(1000.0)],
            [0.0, 100.0, 200.0]
        );
        assert_eq!(padded((2.0, 2.0), 0.05), (1.9, 2.1));
    }
}
