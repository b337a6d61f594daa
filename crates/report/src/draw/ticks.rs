//! Round values along an axis, with their labels.

use super::numbers::decimals;

/// A tick: its value and its label.
pub type Tick = (f64, String);

/// Ticks with decimal labels.
pub fn labelled(values: Vec<f64>) -> Vec<Tick> {
    let labels = decimals(&values);
    values.into_iter().zip(labels).collect()
}

/// The same ticks without labels.
pub fn unlabelled(ticks: &[Tick]) -> Vec<Tick> {
    ticks.iter().map(|(v, _)| (*v, String::new())).collect()
}

/// Ticks at whole numbers within a range, about `count` of them.
pub fn whole_labelled(range: (f64, f64), count: usize) -> Vec<Tick> {
    let values = whole_ticks(range, count);
    values.into_iter().map(|v| (v, format!("{v:.0}"))).collect()
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

/// Step between about `count` round numbers over `span`: 1, 2 or 5 times a power of ten.
fn step(span: f64, count: usize) -> f64 {
    let rough = span / count.max(1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    for factor in [1.0, 2.0, 5.0] {
        if factor * power >= rough * 0.8 {
            return factor * power;
        }
    }
    10.0 * power
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

/// Values of a logarithmic scale: powers of ten, with round numbers between them where the range is
/// short.
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
    let shown = low * 0.9999..=high * 1.0001;
    let mut ticks = Vec::new();
    for exponent in first..=last {
        let power = 10f64.powi(exponent);
        let values = factors.iter().map(|factor| factor * power);
        ticks.extend(values.filter(|v| shown.contains(v)));
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        let check = |range, count, expected: &[&str]| {
            assert_eq!(decimals(&ticks(range, count)), expected, "{range:?}");
        };
        check((0.0, 10.0), 5, &["0", "2", "4", "6", "8", "10"]);
        check((61.3, 72.9), 6, &["62", "64", "66", "68", "70", "72"]);
        let around_zero = ["−0.02", "−0.01", "0.00", "0.01", "0.02"];
        check((-0.021, 0.021), 4, &around_zero);
        let narrow = [
            "0.651", "0.652", "0.653", "0.654", "0.655", "0.656", "0.657",
        ];
        check((0.651, 0.6571), 6, &narrow);
        check((1.0, 1.0), 5, &[]);
    }

    #[test]
    fn whole_and_logarithmic_ticks_are_round() {
        assert_eq!(whole_ticks((1.0, 3.0), 6), [1.0, 2.0, 3.0]);
        assert_eq!(
            log_ticks((0.9, 120.0)),
            [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0]
        );
    }
}
